#include "opening.h"

#include <algorithm>
#include <utility>

#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/slice.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream {

uint64_t SeedFrom(const Clock& clock) {
  const int64_t parts[] = {clock.Now().time_since_epoch().count(), clock.Monotonic().count()};
  return StableHash({reinterpret_cast<const char*>(parts), sizeof parts}) | 1;
}

absl::Status CheckName(std::string_view name) {
  if (IsName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("a name of ", name.size(), " bytes, '", name.substr(0, 64),
             "': want 1 to 64 letters, digits, '_', '-' or '.'"));
}

absl::Status CheckNames(const std::vector<Node*>& nodes) {
  std::map<std::string, const Node*> seen;
  for (const Node* node : nodes) {
    RTSTREAM_RETURN_IF_ERROR(CheckName(node->name()));
    auto [it, is_new] = seen.emplace(node->name(), node);
    // One sink may end several branches.
    const bool is_same_sink = node->sink() != nullptr && it->second->sink() == node->sink();
    if (!is_new && !is_same_sink) {
      return absl::InvalidArgumentError(Concat("two operators are named '", node->name(), "'"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOperators(const CommitRecord& last, const std::vector<Node*>& nodes) {
  const std::map<std::string, std::string> now = StatefulOperators(nodes);
  for (const auto& [name, kind] : last.stateful) {
    const auto it = now.find(name);
    if (it == now.end()) {
      return absl::FailedPreconditionError(Concat(
          "operator '", name, "' has stored state but is not in this pipeline: was it renamed?"));
    }
    if (it->second != kind) {
      return absl::FailedPreconditionError(Concat("operator '", name, "' has stored the state of ", kind,
                                                  ", in this pipeline it is ", it->second,
                                                  ": want another name for it"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEventTime(const std::vector<Node*>& nodes) {
  bool is_assigned = false;
  for (const Node* node : nodes) {
    if (node->facts().kind == "AssignEventTime") {
      if (node->is_in_branch()) {
        return absl::FailedPreconditionError(
            "AssignEventTime is in a branch: it must stand in the flow from the source, before the branches");
      }
      is_assigned = true;
    } else if (node->traits().reads_event_time && !is_assigned) {
      return absl::FailedPreconditionError(
          Concat("operator '", node->name(), "' needs the event time of its records: want AssignEventTime before it"));
    }
  }
  return absl::OkStatus();
}

namespace {

absl::Status CheckBeforeKeyBy(const Node& node) {
  const Node::Traits traits = node.traits();
  const char* what = traits.shares_state  ? nullptr
                     : node.has_state()   ? "keeps state"
                     : traits.has_timers  ? "waits for the watermark"
                     : traits.expands     ? "makes several records of one"
                                          : nullptr;
  if (what == nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("operator '", node.name(), "' ", what, ": with several lanes it must stand behind KeyBy"));
}

}  // namespace

absl::Status CheckLanes(const std::vector<Node*>& nodes, uint32_t lanes) {
  if (lanes < 1 || lanes > kSlices) {
    return absl::InvalidArgumentError(Concat("want 1 to ", kSlices, " lanes, got ", lanes));
  }
  const Node* key_by = nullptr;
  const Node* at_will = nullptr;
  for (Node* node : nodes) {
    if (node->exchange() != nullptr) {
      if (key_by != nullptr) {
        return absl::FailedPreconditionError(Concat("'", key_by->name(), "' and '", node->name(),
                                                    "' are both KeyBy: want at most one"));
      }
      if (node->is_in_branch()) {
        return absl::FailedPreconditionError(
            Concat("'", node->name(), "' is in a branch: KeyBy must stand before the branches"));
      }
      key_by = node;
      continue;
    }
    if (key_by == nullptr) {
      if (lanes > 1) RTSTREAM_RETURN_IF_ERROR(CheckBeforeKeyBy(*node));
      continue;
    }
    if (lanes > 1 && node->traits().state_is_by_hand) {
      return absl::FailedPreconditionError(Concat(
          "operator '", node->name(), "' stores its state itself (OnCheckpoint), which cannot be divided "
          "among lanes: want KeyedState"));
    }
    if (at_will != nullptr && node->has_state()) {
      return absl::FailedPreconditionError(
          Concat("operator '", node->name(), "' keeps state by keys that records of '", at_will->name(),
                 "', made in OnWatermark, do not have: not behind KeyBy"));
    }
    if (node->traits().emits_at_will) at_will = node;
  }
  if (key_by != nullptr || lanes == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat(lanes, " lanes want a KeyBy that says how records are divided among them"));
}

absl::Status CheckKeyBy(const CommitRecord& last, std::string_view keyed_by) {
  if (last.keyed_by == keyed_by) return absl::OkStatus();
  const auto name = [](std::string_view n) { return n.empty() ? "no KeyBy" : Concat("KeyBy '", n, "'"); };
  return absl::FailedPreconditionError(Concat("the state was made behind ", name(last.keyed_by),
                                              ", this pipeline has ", name(keyed_by)));
}

absl::Status OfOperator(const Node& node, absl::Status status) {
  if (status.ok() || MessageOf(status).find(Concat("'", node.name(), "'")) != std::string_view::npos) return status;
  return absl::Status(status.code(), Concat("operator '", node.name(), "': ", MessageOf(status)));
}

std::map<std::string, std::string> StatefulOperators(const std::vector<Node*>& nodes) {
  std::map<std::string, std::string> kinds;
  for (const Node* node : nodes) {
    if (node->has_state()) kinds.emplace(node->name(), node->traits().state_kind);
  }
  return kinds;
}

std::vector<OperatorStats> CollectStats(const std::vector<Node*>& nodes) {
  std::vector<OperatorStats> all;
  for (const Node* node : nodes) {
    OperatorStats stats = node->stats();
    auto same = std::find_if(all.begin(), all.end(),
                             [&](const OperatorStats& s) { return s.name == stats.name; });
    if (same == all.end()) {
      all.push_back(std::move(stats));
      continue;
    }
    same->in += stats.in;
    same->out += stats.out;
    same->refused += stats.refused;
    same->side += stats.side;
    same->bytes += stats.bytes;
    same->keys += stats.keys;
    same->state_bytes += stats.state_bytes;
    same->busy_us += stats.busy_us;
    same->ahead += stats.ahead;
  }
  return all;
}

void SaveCounters(const std::vector<Node*>& nodes, CommitRecord& record) {
  record.operators.clear();
  for (OperatorStats& stats : CollectStats(nodes)) {
    std::string name = stats.name;
    record.operators[std::move(name)] = std::move(stats);
  }
}

void RestoreCounters(const CommitRecord& record, const std::vector<Node*>& nodes) {
  std::map<std::string, OperatorStats> left = record.operators;
  for (const Node* node : nodes) {
    // What several nodes have counted together goes on at the first of them.
    const auto stored = left.extract(node->name());
    if (stored.empty()) continue;
    const OperatorStats& stats = stored.mapped();
    OperatorCounters& counters = node->counters();
    counters.in.Set(stats.in);
    counters.out.Set(stats.out);
    counters.refused.Set(stats.refused);
    counters.side.Set(stats.side);
    counters.bytes.Set(stats.bytes);
    counters.keys.Set(stats.keys);
  }
}

}  // namespace rtstream
