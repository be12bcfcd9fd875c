#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/base/text.h"
#include "rtstream/io/sink.h"
#include "rtstream/testing/faulty_plug_ins.h"
#include "rtstream/testing/faulty_store.h"
#include "rtstream/testing/row_text.h"
#include "rtstream/testing/simulation.h"

// Sinks of each kind that keep rows as texts, and are compared with those of an undisturbed run.
// For rows that RowText can write. One thread.

namespace rtstream::testing {
namespace internal {

// A file whose rows are durable up to where it was synced, and may be gone behind that when power
// is lost.
class StagedRows {
 public:
  explicit StagedRows(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  void Add(std::string row) { rows_.push_back(std::move(row)); }
  absl::Status Open(const std::optional<std::string>& committed);
  std::string Cut() { return Concat(cut_ = rows_.size()); }
  void Sync() { synced_ = cut_; }
  void Publish(Simulation& simulation, const std::string& mark);
  bool IsDurable(const std::string& mark) const;
  void LosePower(bool is_torn);

  const std::vector<std::string>& rows() const { return rows_; }

 private:
  std::string name_;
  std::vector<std::string> rows_;
  size_t cut_ = 0, synced_ = 0;
};

// A receiver that drops what it has seen under the same token.
class Receiver {
 public:
  // Finds a token that comes with other bytes, and a chunk that no commit holds.
  void Take(Simulation& simulation, std::string_view sink, const OutboxChunk& chunk);
  const std::vector<std::string>& rows() const { return rows_; }

 private:
  std::map<std::string, std::string> seen_;
  std::vector<std::string> rows_;
};

template <typename T>
class StagedTexts final : public StagedSink<T> {
 public:
  StagedTexts(Simulation& simulation, std::string name)
      : simulation_(&simulation), rows_(std::move(name)) {
    simulation.AddOutput(rows_.name(), Delivery::kExactlyOnce, [this] { return rows_.rows(); });
    simulation.OnPowerLoss([this](bool is_torn) { rows_.LosePower(is_torn); });
    simulation.store().AddStaged(rows_.name(),
                                 [this](const std::string& mark) { return rows_.IsDurable(mark); });
  }
  std::string_view name() const override { return rows_.name(); }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Open(const std::optional<std::string>& committed) override {
    return rows_.Open(committed);
  }
  absl::Status Write(const Rows<T>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) rows_.Add(RowText(rows[i]));
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Cut() override { return rows_.Cut(); }
  absl::Status Sync() override { return rows_.Sync(), absl::OkStatus(); }
  absl::Status Publish(const std::string& mark) override {
    rows_.Publish(*simulation_, mark);
    return absl::OkStatus();
  }

 private:
  Simulation* simulation_;
  StagedRows rows_;
};

template <typename T>
class OutboxTexts final : public OutboxSink<T> {
 public:
  OutboxTexts(Simulation& simulation, std::string name)
      : simulation_(&simulation),
        name_(std::move(name)),
        chunk_rows_(1 + simulation.random().Below(30)) {
    simulation.AddOutput(name_, Delivery::kExactlyOnce, [this] { return receiver_.rows(); });
  }
  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return 0; }
  // A process begins with nothing.
  absl::Status Open() override { return open_.clear(), absl::OkStatus(); }
  absl::Status Write(const Rows<T>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) open_.push_back(RowText(rows[i]));
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    std::vector<std::string> chunks;
    for (size_t i = 0; i < open_.size(); ++i) {
      if (i % chunk_rows_ == 0) chunks.emplace_back();
      chunks.back() += open_[i] + '\n';
    }
    open_.clear();
    return chunks;
  }
  absl::Status Send(const OutboxChunk& chunk) override {
    receiver_.Take(*simulation_, name_, chunk);
    return absl::OkStatus();
  }

 private:
  Simulation* simulation_;
  std::string name_;
  size_t chunk_rows_;
  std::vector<std::string> open_;
  Receiver receiver_;
};

template <typename T>
class PlainTexts final : public PlainSink<T> {
 public:
  PlainTexts(Simulation& simulation, std::string name) : name_(std::move(name)) {
    simulation.AddOutput(name_, Delivery::kAtLeastOnce, [this] { return delivered_; });
    simulation.OnPowerLoss([this](bool) { gathered_.clear(); });
  }
  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return 0; }
  // What the last process had gathered died with it.
  absl::Status Open() override { return gathered_.clear(), absl::OkStatus(); }
  absl::Status Write(const Rows<T>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) gathered_.push_back(RowText(rows[i]));
    return absl::OkStatus();
  }
  absl::Status Flush() override {
    delivered_.insert(delivered_.end(), gathered_.begin(), gathered_.end());
    gathered_.clear();
    return absl::OkStatus();
  }

 private:
  std::string name_;
  std::vector<std::string> gathered_, delivered_;
};

// A sink of rows in memory behind the faults.
template <typename Faulty, typename Texts>
class SimulatedSink final : public Faulty {
 public:
  SimulatedSink(Simulation& simulation, std::string name)
      : Faulty(simulation, rows_), rows_(simulation, std::move(name)) {}

 private:
  Texts rows_;
};

}  // namespace internal

// Exactly once, by marks. Made of a simulation and a name, under which it is an output of it:
// unique in it. So are the next two.
template <HasRowText T>
using SimulatedStagedSink = internal::SimulatedSink<FaultyStagedSink<T>, internal::StagedTexts<T>>;

// Exactly once, by tokens.
template <HasRowText T>
using SimulatedOutboxSink = internal::SimulatedSink<FaultyOutboxSink<T>, internal::OutboxTexts<T>>;

// At least once: rows are gathered, and delivered by Flush().
template <HasRowText T>
using SimulatedPlainSink = internal::SimulatedSink<FaultyPlainSink<T>, internal::PlainTexts<T>>;

}  // namespace rtstream::testing
