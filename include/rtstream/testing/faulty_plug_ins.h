#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/io/lookup_table.h"
#include "rtstream/io/sink.h"
#include "rtstream/io/source.h"
#include "rtstream/testing/simulation.h"

// Plug-ins of yours through which a simulation's faults strike. Each stands before another of its
// kind, which it calls, and which must outlive it: put the wrapper into the pipeline. Nothing
// reaches yours once the simulated process is dead. One thread.

namespace rtstream::testing {
namespace internal {

// What wrappers of sinks share; Kind is PlainSink<T>, StagedSink<T> or OutboxSink<T>.
template <typename Kind>
class FaultySink : public Kind {
 public:
  FaultySink(Simulation& simulation, Kind& sink) : simulation_(&simulation), sink_(&sink) {}

  std::string_view name() const override { return sink_->name(); }
  uint64_t bytes_written() const override { return sink_->bytes_written(); }

 protected:
  // A call of the sink, called so in the story.
  absl::Status Call(std::string_view what, std::optional<Fault> fails,
                    absl::FunctionRef<absl::Status()> effect,
                    absl::StatusCode code = absl::StatusCode::kUnavailable) {
    return simulation_->Call(Concat(name(), ".", what), fails, effect, code);
  }

  Simulation* simulation_;
  Kind* sink_;
};

}  // namespace internal

// Polls that fail, find nothing, or bring few records.
template <typename T>
class FaultySource : public Source<T> {
 public:
  // Stands before `source`; both must outlive it.
  FaultySource(Simulation& simulation, Source<T>& source)
      : simulation_(&simulation), source_(&source) {}

  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    return simulation_->Call("source.open", Fault::kSourceOpenFails,
                             [&] { return source_->Open(committed); });
  }
  std::string PartitionName(uint32_t index) const override { return source_->PartitionName(index); }
  bool IsFinished(uint32_t index) const override { return source_->IsFinished(index); }
  std::vector<std::string> TakeForgotten() override { return source_->TakeForgotten(); }
  void OnCommitted(absl::Span<const CommittedPosition> positions) override {
    if (!simulation_->is_dead()) source_->OnCommitted(positions);
  }
  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<T>& batch) override {
    if (simulation_->Strikes(Fault::kPollEmpty)) return PollResult::kIdle;
    if (simulation_->Strikes(Fault::kShortBatch))
      max_rows = 1 + simulation_->Amount(Fault::kShortBatch, max_rows);
    PollResult result = PollResult::kIdle;
    RTSTREAM_RETURN_IF_ERROR(
        simulation_->Call("source.poll", Fault::kPollFails, [&]() -> absl::Status {
          RTSTREAM_ASSIGN_OR_RETURN(result, source_->Poll(max_rows, batch));
          return absl::OkStatus();
        }));
    return result;
  }

 private:
  Simulation* simulation_;
  Source<T>* source_;
};

// Writes and flushes that fail.
template <typename T>
class FaultyPlainSink : public internal::FaultySink<PlainSink<T>> {
  using Base = internal::FaultySink<PlainSink<T>>;
  using Base::Call, Base::simulation_, Base::sink_;

 public:
  // Stands before `sink`; both must outlive it.
  FaultyPlainSink(Simulation& simulation, PlainSink<T>& sink) : Base(simulation, sink) {}

  absl::Status Open() override {
    return Call("open", std::nullopt, [&] { return sink_->Open(); });
  }
  absl::Status Write(const Rows<T>& rows) override {
    return Call("write", Fault::kPlainWriteFails, [&] { return sink_->Write(rows); });
  }
  absl::Status Flush() override {
    return Call("flush", Fault::kPlainFlushFails, [&] { return sink_->Flush(); });
  }
};

// Every call but Write may fail for good; Write for now, or because the disk is full.
template <typename T>
class FaultyStagedSink : public internal::FaultySink<StagedSink<T>> {
  using Base = internal::FaultySink<StagedSink<T>>;
  using Base::Call, Base::simulation_, Base::sink_;

 public:
  // Stands before `sink`; both must outlive it.
  FaultyStagedSink(Simulation& simulation, StagedSink<T>& sink) : Base(simulation, sink) {}

  absl::Status Open(const std::optional<std::string>& committed) override {
    return Call("open", Fault::kStagedOpenFails, [&] { return sink_->Open(committed); });
  }
  absl::Status Write(const Rows<T>& rows) override {
    return Call("write", Fault::kStagedWriteFails, [&]() -> absl::Status {
      if (simulation_->IsDiskFull())
        return absl::ResourceExhaustedError("the simulated disk is full");
      return sink_->Write(rows);
    });
  }
  absl::StatusOr<std::string> Cut() override {
    std::string mark;
    RTSTREAM_RETURN_IF_ERROR(Call(
        "cut", Fault::kStagedCutFails,
        [&]() -> absl::Status {
          RTSTREAM_ASSIGN_OR_RETURN(mark, sink_->Cut());
          return absl::OkStatus();
        },
        absl::StatusCode::kInternal));
    return mark;
  }
  absl::Status Sync() override {
    return Call(
        "sync", Fault::kStagedSyncFails, [&] { return sink_->Sync(); },
        absl::StatusCode::kDataLoss);
  }
  absl::Status Publish(const std::string& mark) override {
    return Call("publish", Fault::kStagedPublishFails, [&] { return sink_->Publish(mark); });
  }
};

// Sends that do not arrive, arrive twice, or whose acknowledgement is lost.
template <typename T>
class FaultyOutboxSink : public internal::FaultySink<OutboxSink<T>> {
  using Base = internal::FaultySink<OutboxSink<T>>;
  using Base::Call, Base::simulation_, Base::sink_;

 public:
  // Stands before `sink`; both must outlive it.
  FaultyOutboxSink(Simulation& simulation, OutboxSink<T>& sink) : Base(simulation, sink) {}

  absl::Status Open() override {
    return Call("open", std::nullopt, [&] { return sink_->Open(); });
  }
  absl::Status Write(const Rows<T>& rows) override {
    return Call("write", std::nullopt, [&] { return sink_->Write(rows); });
  }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    std::vector<std::string> chunks;
    RTSTREAM_RETURN_IF_ERROR(Call(
        "take", Fault::kOutboxTakeFails,
        [&]() -> absl::Status {
          RTSTREAM_ASSIGN_OR_RETURN(chunks, sink_->TakeChunks());
          return absl::OkStatus();
        },
        absl::StatusCode::kInternal));
    return chunks;
  }
  absl::Status Send(const OutboxChunk& chunk) override {
    return Call("send", Fault::kOutboxNotDone, [&]() -> absl::Status {
      if (simulation_->IsOutboxDown())
        return absl::UnavailableError("the simulated receiver is down");
      RTSTREAM_RETURN_IF_ERROR(sink_->Send(chunk));
      if (simulation_->Strikes(Fault::kOutboxDoubled)) RTSTREAM_RETURN_IF_ERROR(sink_->Send(chunk));
      if (!simulation_->Strikes(Fault::kOutboxAnswerLost)) return absl::OkStatus();
      return absl::DeadlineExceededError("the simulation has this acknowledgement get lost");
    });
  }
};

// Look-ups that fail.
template <typename V>
class FaultyTable final : public LookupTable<V> {
 public:
  // Stands before `table`; both must outlive it.
  FaultyTable(Simulation& simulation, LookupTable<V>& table)
      : simulation_(&simulation), table_(&table) {}

  absl::Status Lookup(absl::Span<const std::string_view> keys,
                      absl::Span<const V*> found) override {
    return simulation_->Call("table.lookup", Fault::kLookupFails,
                             [&] { return table_->Lookup(keys, found); });
  }

 private:
  Simulation* simulation_;
  LookupTable<V>* table_;
};

}  // namespace rtstream::testing
