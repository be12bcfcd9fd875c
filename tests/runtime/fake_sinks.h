#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/io/sink.h"

namespace rtstream {

// The statuses that the next calls of something give; OK when there are no more.
class Faults {
 public:
  void Push(absl::Status status) { statuses_.push_back(std::move(status)); }
  absl::Status Take() {
    if (statuses_.empty()) return absl::OkStatus();
    absl::Status status = std::move(statuses_.front());
    statuses_.pop_front();
    return status;
  }

 private:
  std::deque<absl::Status> statuses_;
};

// Delivers rows at once, as a sink does that is at least once.
class FakePlainSink final : public PlainSink<int64_t> {
 public:
  std::string_view name() const override { return "plain"; }
  uint64_t bytes_written() const override { return delivered.size() * 8; }
  absl::Status Write(const Rows<int64_t>& rows) override {
    if (absl::Status status = write_faults.Take(); !status.ok()) return status;
    for (size_t i = 0; i < rows.size(); ++i) delivered.push_back(rows[i]);
    return absl::OkStatus();
  }
  absl::Status Flush() override { return flush_faults.Take(); }

  Faults write_faults, flush_faults;
  std::vector<int64_t> delivered;
};

// A file in memory whose bytes are durable once synced: what a crash finds is `synced` rows long at
// least, and all that was written at most.
class FakeStagedSink final : public StagedSink<int64_t> {
 public:
  explicit FakeStagedSink(std::string name = "staged") : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return rows.size() * 8; }
  absl::Status Write(const Rows<int64_t>& in) override {
    if (absl::Status status = write_faults.Take(); !status.ok()) return status;
    for (size_t i = 0; i < in.size(); ++i) rows.push_back(in[i]);
    return absl::OkStatus();
  }
  absl::Status Open(const std::optional<std::string>& committed) override {
    size_t n = 0;
    if (committed && !absl::SimpleAtoi(*committed, &n)) return absl::DataLossError("bad mark");
    if (n > rows.size()) return absl::DataLossError("rows are missing");
    rows.resize(n);
    synced = n;
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Cut() override {
    if (absl::Status status = cut_faults.Take(); !status.ok()) return status;
    cut_ = rows.size();
    return std::to_string(cut_);
  }
  void WriteAhead() override {
    if (on_write_ahead) on_write_ahead();
  }
  absl::Status Sync() override {
    if (absl::Status status = sync_faults.Take(); !status.ok()) return status;
    synced = cut_;
    return absl::OkStatus();
  }
  absl::Status Publish(const std::string& mark) override {
    if (absl::Status status = publish_faults.Take(); !status.ok()) return status;
    published = mark;
    return absl::OkStatus();
  }

  // Everything that was not synced is gone, as after a power loss.
  void LosePower() { rows.resize(synced); }

  Faults write_faults, cut_faults, sync_faults, publish_faults;
  std::function<void()> on_write_ahead;
  std::vector<int64_t> rows;
  size_t synced = 0;
  std::string published;

 private:
  std::string name_;
  size_t cut_ = 0;
};

// A remote system that remembers the tokens it has seen. Chunks are of `chunk_rows` rows.
class FakeOutboxSink final : public OutboxSink<int64_t> {
 public:
  explicit FakeOutboxSink(std::string name = "outbox") : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Open() override {
    open_rows_.clear();
    return absl::OkStatus();
  }
  absl::Status Write(const Rows<int64_t>& in) override {
    for (size_t i = 0; i < in.size(); ++i) open_rows_.push_back(in[i]);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    if (absl::Status status = take_faults.Take(); !status.ok()) return status;
    std::vector<std::string> chunks;
    for (size_t i = 0; i < open_rows_.size(); ++i) {
      if (i % chunk_rows == 0) chunks.emplace_back();
      chunks.back() += std::to_string(open_rows_[i]) + ",";
    }
    open_rows_.clear();
    return chunks;
  }
  absl::Status Send(const OutboxChunk& chunk) override {
    if (on_send) on_send();
    if (absl::Status status = send_faults.Take(); !status.ok()) return status;
    const std::lock_guard lock(mutex_);
    sent_.push_back(chunk);
    if (seen_.emplace(chunk.token, chunk.bytes).second) received_ += chunk.bytes;
    return answer_faults.Take();
  }

  // Every send that reached the remote system, repeats included.
  std::vector<OutboxChunk> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  // What the remote system made of them.
  std::string received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }

  Faults take_faults;
  Faults send_faults;    // nothing arrives
  Faults answer_faults;  // the chunk arrives, its acknowledgement does not
  std::function<void()> on_send;
  size_t chunk_rows = 3;

 private:
  std::string name_;
  std::vector<int64_t> open_rows_;
  mutable std::mutex mutex_;
  std::vector<OutboxChunk> sent_;            // guarded by mutex_
  std::map<std::string, std::string> seen_;  // guarded by mutex_
  std::string received_;                     // guarded by mutex_
};

}  // namespace rtstream
