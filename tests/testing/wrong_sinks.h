#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rtstream/base/text.h"
#include "rtstream/testing/sink_contract.h"
#include "rtstream/testing/text_diff.h"
#include "tests/testing/gathered.h"
#include "tests/testing/wrong_staged_sinks.h"

// Plain and outbox sinks to a server in memory that keep their contracts, and sinks that break one rule each.

namespace rtstream::testing {

// A server in memory, which outlives the sinks.
struct Server {
  std::mutex mutex;
  std::vector<std::string> rows;  // guarded by mutex, as all
  std::set<std::string> tokens;
  bool fails = false;

  // Unavailable: nothing arrived.
  absl::Status Take(const std::vector<std::string>& some) {
    const std::lock_guard lock(mutex);
    if (std::exchange(fails, false)) return absl::UnavailableError("no answer");
    rows.insert(rows.end(), some.begin(), some.end());
    return absl::OkStatus();
  }
};

// Gathers rows, and sends them when it is flushed.
class RightPlainSink : public PlainSink<std::string>, protected Gathered {
 public:
  explicit RightPlainSink(Server& server) : server_(&server) {}
  std::string_view name() const override { return "plain"; }
  uint64_t bytes_written() const override { return bytes_; }
  absl::Status Write(const Rows<std::string>& rows) override {
    Gather(rows);
    return absl::OkStatus();
  }
  absl::Status Flush() override {
    if (absl::Status status = server().Take(open_); !status.ok()) return status;
    open_.clear();
    return absl::OkStatus();
  }

 protected:
  Server& server() { return *server_; }

 private:
  Server* server_;
};

// Delivers what fills a packet of four rows, and keeps the rest when it is flushed.
class LazyFlushSink final : public RightPlainSink {
 public:
  using RightPlainSink::RightPlainSink;
  absl::Status Flush() override { return open_.size() < 4 ? absl::OkStatus() : RightPlainSink::Flush(); }
};

// Gives a packet up that failed.
class GivingUpSink final : public RightPlainSink {
 public:
  using RightPlainSink::RightPlainSink;
  absl::Status Flush() override {
    absl::Status status = RightPlainSink::Flush();
    open_.clear();
    return status;
  }
};

// Says that all is well when a packet failed.
class SilentSink final : public RightPlainSink {
 public:
  using RightPlainSink::RightPlainSink;
  absl::Status Flush() override {
    (void)server().Take(open_);
    open_.clear();
    return absl::OkStatus();
  }
};

// Keeps pointers to rows.
class PointingSink final : public RightPlainSink {
 public:
  using RightPlainSink::RightPlainSink;
  absl::Status Write(const Rows<std::string>& rows) override {
    // Where a row stood, another may stand: shown by what T{} leaves there.
    for (size_t i = 0; i < rows.size(); ++i) open_.emplace_back();
    bytes_ += rows.size();
    return absl::OkStatus();
  }
};

// Delivers a batch backwards.
class BackwardSink final : public RightPlainSink {
 public:
  using RightPlainSink::RightPlainSink;
  absl::Status Flush() override {
    std::reverse(open_.begin(), open_.end());
    return RightPlainSink::Flush();
  }
};

// Has another name in each process.
class RenamedSink final : public RightPlainSink {
 public:
  explicit RenamedSink(Server& server) : RightPlainSink(server), name_(Concat("plain", ++made_)) {}
  std::string_view name() const override { return name_; }

 private:
  static inline int made_ = 0;
  std::string name_;
};

// Chunks of five rows, one a line.
class RightOutboxSink : public OutboxSink<std::string>, protected Gathered {
 public:
  explicit RightOutboxSink(Server& server) : server_(&server) {}
  std::string_view name() const override { return "outbox"; }
  uint64_t bytes_written() const override { return bytes_; }
  absl::Status Write(const Rows<std::string>& rows) override {
    Gather(rows);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    std::vector<std::string> chunks;
    for (size_t i = 0; i < open_.size(); ++i) {
      if (i % 5 == 0) chunks.emplace_back();
      chunks.back() += open_[i] + "\n";
    }
    open_.clear();
    return chunks;
  }
  absl::Status Send(const OutboxChunk& chunk) override {
    {
      const std::lock_guard lock(server().mutex);
      if (server().tokens.count(TokenOf(chunk)) > 0) return absl::OkStatus();
    }
    if (absl::Status status = server().Take(SplitLines(chunk.bytes)); !status.ok()) return status;
    const std::lock_guard lock(server().mutex);
    server().tokens.insert(TokenOf(chunk));
    return absl::OkStatus();
  }

 protected:
  virtual std::string TokenOf(const OutboxChunk& chunk) { return chunk.token; }
  Server& server() { return *server_; }

 private:
  Server* server_;
};

// Sends without the token.
class TokenlessSink final : public RightOutboxSink {
 public:
  using RightOutboxSink::RightOutboxSink;
  absl::Status Send(const OutboxChunk& chunk) override { return server().Take(SplitLines(chunk.bytes)); }
};

// Takes the bytes for the token: two epochs of the same rows are one.
class ByBytesSink final : public RightOutboxSink {
  using RightOutboxSink::RightOutboxSink;
  std::string TokenOf(const OutboxChunk& chunk) override { return chunk.bytes; }
};

// A chunk for each write.
class WritePerChunkSink final : public RightOutboxSink {
 public:
  using RightOutboxSink::RightOutboxSink;
  absl::Status Write(const Rows<std::string>& rows) override {
    ends_.push_back(open_.size() + rows.size());
    return RightOutboxSink::Write(rows);
  }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    std::vector<std::string> chunks;
    size_t i = 0;
    for (const size_t end : std::exchange(ends_, {})) {
      chunks.emplace_back();
      for (; i < end; ++i) chunks.back() += open_[i] + "\n";
    }
    open_.clear();
    return chunks;
  }

 private:
  std::vector<size_t> ends_;
};

// Gives the rows of earlier epochs again.
class NeverEndingSink final : public RightOutboxSink {
 public:
  using RightOutboxSink::RightOutboxSink;
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    const std::vector<std::string> rows = open_;
    auto chunks = RightOutboxSink::TakeChunks();
    open_ = rows;
    return chunks;
  }
};

// Sends while it writes.
class EagerSink final : public RightOutboxSink {
 public:
  using RightOutboxSink::RightOutboxSink;
  absl::Status Write(const Rows<std::string>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) (void)server().Take({rows[i]});
    bytes_ += rows.size();
    return absl::OkStatus();
  }
};

template <typename S>
class ServerPlace final : public SinkPlace<std::string> {
 public:
  Sink<std::string>& Restart() override { return sink_.emplace(server_); }
  absl::StatusOr<std::vector<std::string>> Read() override { return server_.rows; }
  bool FailNext() override {
    server_.fails = true;
    return true;
  }

 private:
  Server server_;
  std::optional<S> sink_;
};

template <typename S>
SinkSetup<std::string> ServerSetup() {
  return {.make_place = [] { return std::make_unique<ServerPlace<S>>(); }, .rows = TwentyRows()};
}

}  // namespace rtstream::testing
