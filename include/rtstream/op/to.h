#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/io/sink.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

// What a lane holds while it calls a sink, so that sinks need not know of threads.
inline std::shared_ptr<std::mutex> SinkTurn(SharedParts& shared, std::string_view sink) {
  return shared.Get<std::mutex>(Concat("sink/", sink));
}

// The end of a flow: writes rows to a sink.
template <typename T>
class SinkChain final : public Node {
 public:
  using Input = T;
  static constexpr bool kMayRefuse = false;

  explicit SinkChain(Sink<T>* sink) : Node(std::string(sink->name()), {.kind = "sink"}), sink_(sink) {}

  absl::Status Start(Lane& lane) override {
    if (lane.shared() != nullptr) turn_ = SinkTurn(*lane.shared(), sink_->name());
    return absl::OkStatus();
  }
  absl::Status Process(Lane& lane, const Rows<T>& rows) {
    lane.Enter(this);
    counters().in.Add(rows.size());
    uint64_t bytes = 0;
    // A failed call gives the turn away while it waits.
    RTSTREAM_RETURN_IF_ERROR(lane.Retry([&] {
      std::unique_lock<std::mutex> lock;
      if (turn_ != nullptr) lock = std::unique_lock(*turn_);
      const uint64_t before = sink_->bytes_written();
      absl::Status status = sink_->Write(rows);
      bytes = sink_->bytes_written() - before;
      return status;
    }));
    counters().out.Add(rows.size());
    counters().bytes.Add(bytes);
    return absl::OkStatus();
  }
  void Collect(std::vector<Node*>& nodes) { nodes.push_back(this); }
  SinkBase* sink() const override { return sink_; }

 private:
  Sink<T>* sink_;
  std::shared_ptr<std::mutex> turn_;  // who calls the sink holds it; null: there is one lane
};

// The end of a flow whose results nobody wants.
struct DiscardChain {
  static constexpr bool kMayRefuse = false;
  static constexpr bool kDiscards = true;
  template <typename R>
  absl::Status Process(Lane&, const R&) {
    return absl::OkStatus();
  }
  void Collect(std::vector<Node*>&) {}
};

// Stages that end a flow derive from this; MakeChain<In>() gives the chain that takes its rows.
struct EndStage : StageTag {};

template <typename T>
struct ToStage : EndStage {
  template <typename>
  using Expected = T;
  template <typename In>
  static constexpr bool kAccepts = std::is_same_v<In, T>;
  Sink<T>* sink;
  explicit ToStage(Sink<T>* s) : sink(s) {}
  template <typename In>
  auto MakeChain() && {
    return SinkChain<T>(sink);
  }
};

struct DiscardStage : EndStage {
  template <typename In>
  using Expected = In;
  template <typename>
  static constexpr bool kAccepts = true;
  template <typename In>
  auto MakeChain() && {
    return DiscardChain{};
  }
};

}  // namespace internal

// Ends a flow: its records are written to `sink`, which must outlive the pipeline. A failed write is
// repeated with the same rows, with backoff, and ends the run when it fails for good.
//
// Takes    the sink's row type. Refuses never.
template <typename T>
internal::ToStage<T> To(Sink<T>& sink) {
  return internal::ToStage<T>(&sink);
}

// Ends a flow whose results nobody wants: for the state that its operators keep.
inline internal::DiscardStage Discard() { return {}; }

}  // namespace rtstream
