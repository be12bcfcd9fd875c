#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/clock.h"
#include "rtstream/op/node.h"
#include "rtstream/runtime/commit_record.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// What a runner checks before it goes on from a commit, and how counters get into and out of one.

// A number for jitter and names, from the clock; never 0.
uint64_t SeedFrom(const Clock& clock);

// InvalidArgument: a name is not [A-Za-z0-9_.-]{1,64}.
absl::Status CheckName(std::string_view name);

// InvalidArgument: an operator's name is not a name, or two operators share one.
absl::Status CheckNames(const std::vector<Node*>& nodes);

// FailedPrecondition: an operator whose state is stored is not in the pipeline, or is of another kind.
absl::Status CheckOperators(const CommitRecord& last, const std::vector<Node*>& nodes);

// FailedPrecondition: KeyBy is not where it may be, or these operators cannot be divided among `lanes`.
absl::Status CheckLanes(const std::vector<Node*>& nodes, uint32_t lanes);

// FailedPrecondition: the state was made behind another KeyBy than `keyed_by` (empty: none).
absl::Status CheckKeyBy(const CommitRecord& last, std::string_view keyed_by);

// FailedPrecondition: an operator reads event times that nobody has assigned, or they are assigned in a branch.
absl::Status CheckEventTime(const std::vector<Node*>& nodes);

// `status` with the operator's name in front, unless its message says it.
absl::Status OfOperator(const Node& node, absl::Status status);

// The operators with state, and the kind of each.
std::map<std::string, std::string> StatefulOperators(const std::vector<Node*>& nodes);

// The counters of all nodes in order; nodes that share a sink, and so a name, are summed up as one.
std::vector<OperatorStats> CollectStats(const std::vector<Node*>& nodes);
void SaveCounters(const std::vector<Node*>& nodes, CommitRecord& record);
void RestoreCounters(const CommitRecord& record, const std::vector<Node*>& nodes);

}  // namespace rtstream

#pragma GCC visibility pop
