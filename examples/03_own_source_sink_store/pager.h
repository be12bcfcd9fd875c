#pragma once

#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rtstream/io/sink.h"

// A sink of one's own, exactly once into a system that is far away: an outbox sink.

struct Bill {
  int64_t customer = 0;
  int64_t cents = 0;
};

// The far end: does once what it is asked to do under the same token, however often it is asked.
class PagerService {
 public:
  void Deliver(const std::string& token, std::string_view text) {
    if (!seen_.insert(token).second) return;
    std::printf("%.*s", static_cast<int>(text.size()), text.data());
  }

 private:
  std::set<std::string> seen_;
};

// Pages each bill. Rows are gathered until the epoch ends; the runtime stores the chunks in the commit, sends
// them when it is durable, and again after a crash, until Send() says OK.
class Pager final : public rtstream::OutboxSink<Bill> {
 public:
  explicit Pager(PagerService& service) : service_(&service) {}

  std::string_view name() const override { return "pager"; }
  uint64_t bytes_written() const override { return bytes_written_; }

  absl::Status Open() override {
    text_.clear();  // rows of an epoch that was never committed come again
    return absl::OkStatus();
  }
  absl::Status Write(const rtstream::Rows<Bill>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) {
      text_ += "customer " + std::to_string(rows[i].customer) + " owes " + std::to_string(rows[i].cents) + "\n";
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    bytes_written_ += text_.size();
    std::vector<std::string> chunks;
    if (!text_.empty()) chunks.push_back(std::exchange(text_, {}));
    return chunks;
  }
  // Called by the commit's thread.
  absl::Status Send(const rtstream::OutboxChunk& chunk) override {
    service_->Deliver(chunk.token, chunk.bytes);  // a real one: Unavailable when nobody answers
    return absl::OkStatus();
  }

 private:
  PagerService* service_;
  std::string text_;
  uint64_t bytes_written_ = 0;
};
