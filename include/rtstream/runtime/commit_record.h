#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/time.h"
#include "rtstream/core/watermark.h"
#include "rtstream/op/node.h"
#include "rtstream/state/state_store.h"

namespace rtstream {

// Where one partition stands in a commit.
struct PartitionRecord {
  std::string resume;                           // opaque, the source's
  WatermarkTracker::PartitionState event_time;  // largest event time and when it last had a record
};

// What every commit says of the whole pipeline, beside the operators' state: the last one is where a
// run begins again.
struct CommitRecord {
  // Of this format; a store with a newer one is refused.
  static constexpr uint32_t kFormat = 3;

  uint64_t epoch = 0;    // number of the commit; 0: made with the state, before any record
  uint64_t lineage = 0;  // random, made with the state: names outputs apart from another history's
  Time time = kMinTime;  // processing time of the last batch
  Time watermark = kMinTime;  // of the whole pipeline; kMinTime: none
  std::map<std::string, PartitionRecord> partitions;      // by the source's name for them
  std::map<std::string, std::string> sinks;               // staged sinks' marks by name
  std::map<std::string, OperatorStats> operators;         // counters of committed work by name
  std::map<std::string, std::string> stateful;            // operators that have state, and their kinds
  std::map<std::string, std::string> settings;            // fixed when the state was made
  std::string keyed_by;  // name of the KeyBy that state behind it is stored by; empty: there is none
  uint32_t lanes = 1;    // of the run that committed
};

// The record as a commit stores it.
std::string EncodeCommitRecord(const CommitRecord& record);
// DataLoss: the bytes are damaged. FailedPrecondition: they have another format.
absl::StatusOr<CommitRecord> DecodeCommitRecord(std::string_view bytes);

// The key that holds the last commit's record.
inline constexpr std::string_view kCommitKey = "m/commit";

// The last commit of a store; nullopt if no pipeline has used it. For the runtime, for queries from
// other threads, and for reading a state offline.
absl::StatusOr<std::optional<CommitRecord>> ReadCommit(const StateReader& store);

// What a runner checks before it opens anything, for hosts that have to know earlier.
// FailedPrecondition: a setting differs from the one that the state was made with, or only one of the
// two is there; names both.
absl::Status CheckSettings(const CommitRecord& last,
                           const std::map<std::string, std::string>& settings);

}  // namespace rtstream
