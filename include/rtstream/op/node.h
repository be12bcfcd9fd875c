#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/op/facts.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream {

class Lane;
class SinkBase;
namespace internal {
class Exchange;
}  // namespace internal

// A number that one thread raises and any thread reads.
class Counter {
 public:
  // By the thread that counts.
  void Add(uint64_t n) { value_.store(value() + n, std::memory_order_relaxed); }
  // By the thread that counts.
  void Set(uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }  // any thread

 private:
  std::atomic<uint64_t> value_{0};
};

// What an operator has done: raised once a batch by its lane, readable by any thread. All but `busy_us`,
// `state_bytes` and `ahead` are part of each commit, so they count committed work over restarts.
struct OperatorCounters {
  Counter in;       // records taken
  Counter out;      // records passed on
  Counter refused;  // records sent to the dead letters
  Counter side;     // records that left by a side output: duplicates, late records
  Counter bytes;    // read by a source, written by a sink
  Counter keys;     // keys of state held, as of the last commit
  Counter state_bytes;  // memory of that state, as of this run's last commit
  Counter busy_us;  // microseconds spent in it; fused operators are timed as one, at the first
  Counter ahead;    // records too far ahead in event time to move the watermark
};

// A copy of the counters of one operator.
struct OperatorStats {
  std::string name;          // the operator's
  uint64_t in = 0;           // records taken
  uint64_t out = 0;          // records passed on
  uint64_t refused = 0;      // records sent to the dead letters
  uint64_t side = 0;         // records that left by a side output
  uint64_t bytes = 0;        // read by a source, written by a sink
  uint64_t keys = 0;         // of state, as of the last commit
  uint64_t busy_us = 0;      // microseconds spent in it by this run
  uint64_t state_bytes = 0;  // memory of its state, as of this run's last commit
  uint64_t ahead = 0;        // AssignEventTime: records further ahead than max_ahead, in this run
};

// What the runtime sees of an operator in a pipeline, whatever its types. Called by the lane.
class Node {
 public:
  // `name`: the operator's, for people and state.
  explicit Node(std::string name, NodeFacts facts = {})
      : name_(std::move(name)),
        facts_(std::move(facts)),
        counters_(std::make_unique<OperatorCounters>()) {}
  virtual ~Node() = default;
  Node(Node&&) = default;  // counters stay where they are
  Node& operator=(Node&&) = default;

  const std::string& name() const { return name_; }  // unique in a pipeline
  const NodeFacts& facts() const { return facts_; }  // for Describe()
  // Of this operator; changed by its lane, read by any thread.
  OperatorCounters& counters() const { return *counters_; }

  // Before the first batch: checks options. An error ends the run before anything is read.
  virtual absl::Status Start(Lane& lane) {
    (void)lane;
    return absl::OkStatus();
  }
  // Loads the last committed state; called once, before the first batch.
  virtual absl::Status Restore(const StateReader& store) {
    (void)store;
    return absl::OkStatus();
  }
  // Adds what changed since the last call to the commit of `epoch`.
  virtual absl::Status Checkpoint(uint64_t epoch, StateBatch& batch) {
    (void)epoch;
    (void)batch;
    return absl::OkStatus();
  }
  // The same for what all lanes share; called of one of them, when no other runs.
  virtual absl::Status CheckpointShared(uint64_t epoch, StateBatch& batch) {
    (void)epoch;
    (void)batch;
    return absl::OkStatus();
  }
  // Brings the counter of its keys up to date.
  virtual void CountKeys() {}
  // The watermark has moved to lane.watermark(): emits what is due.
  virtual absl::Status OnWatermark(Lane& lane) {
    (void)lane;
    return absl::OkStatus();
  }
  // The sink that the node writes to, if it is the end of a flow.
  virtual SinkBase* sink() const { return nullptr; }
  // Whether it keeps state under its name.
  virtual bool has_state() const { return false; }

  // What several lanes must know of it.
  struct Traits {
    bool shares_state = false;    // the lanes have one state together
    bool state_is_by_hand = false;  // and cannot be divided among lanes
    bool has_timers = false;      // OnWatermark does something
    bool emits_at_will = false;   // in OnWatermark, records of which nobody knows the key
    bool expands = false;         // what it emits are not the batch's rows
    bool reads_event_time = false;  // means nothing before AssignEventTime
    std::string_view state_kind = {};  // what its state is: an operator of another kind cannot go on from it
  };
  // What the runtime must know before it runs several lanes.
  virtual Traits traits() const { return {}; }
  // Null unless it is a KeyBy.
  virtual internal::Exchange* exchange() { return nullptr; }
  // In how many branches it is, one inside the other: of a Tee, a Route or a side output.
  uint32_t depth() const { return depth_; }
  // Whether it stands behind a Tee, a Route or a side output.
  bool is_in_branch() const { return depth_ > 0; }
  // What leads to it from the operator that the innermost branch leaves; null: it is not the first there.
  const std::string* way() const { return way_ ? &*way_ : nullptr; }
  void EnterBranch() { ++depth_; }  // it is one branch deeper than it was
  // What its branch is called, for Describe().
  void SetWay(std::string way) { way_ = std::move(way); }

  OperatorStats stats() const;  // the counters as they are now

 private:
  std::string name_;
  NodeFacts facts_;
  std::unique_ptr<OperatorCounters> counters_;
  uint32_t depth_ = 0;
  std::optional<std::string> way_;
};

}  // namespace rtstream
