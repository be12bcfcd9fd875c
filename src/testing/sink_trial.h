#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rtstream/base/text.h"
#include "rtstream/testing/sink_contract.h"

#pragma GCC visibility push(hidden)

// What the rules of the sinks' contracts have in common.

namespace rtstream::testing::internal {

// A place, and the sink that writes there.
class SinkTrial {
 public:
  explicit SinkTrial(const ErasedSinkSetup& setup) : setup_(&setup), place_(setup.make()) { place_->Restart(); }

  // The process dies, and another begins.
  void Restart() { place_->Restart(); }
  absl::Status Write(size_t begin, size_t end) {
    return Doing("Write", place_->Write(begin, end));
  }
  ErasedSink& place() { return *place_; }
  SinkBase& sink() { return *place_->sink(); }
  StagedSinkBase& staged() { return *sink().staged(); }
  PlainSinkBase& plain() { return *sink().plain(); }
  OutboxSinkBase& outbox() { return *sink().outbox(); }

  // A token that no chunk of this trial has had.
  std::string NewToken() { return Concat("token-", tokens_++); }

  size_t rows() const { return setup_->texts.size(); }
  // The texts that a reader finds when rows [begin, end) were written: all, or the last of each key.
  std::vector<std::string> Kept(size_t begin, size_t end) const;
  // OK if `got` is `want`, in order unless the sink keeps rows by key.
  absl::Status WantKept(const std::vector<std::string>& want, const std::vector<std::string>& got,
                        std::string_view what) const;
  bool is_by_key() const { return !setup_->keys.empty(); }
  absl::StatusOr<std::vector<std::string>> Read() {
    auto texts = place_->Read();
    if (!texts.ok()) return Doing("Read", texts.status());
    return texts;
  }
  // OK if a reader finds the rows [0, n).
  absl::Status WantRows(size_t n, std::string_view what);

 private:
  const ErasedSinkSetup* setup_;
  std::unique_ptr<ErasedSink> place_;
  size_t tokens_ = 0;
};

using SinkCheck = std::function<absl::Status(SinkTrial&)>;
// Rules of sinks of one kind: those given, and what every sink must do.
Contract SinkRules(ErasedSinkSetup setup, SinkKind kind, std::vector<std::pair<std::string, SinkCheck>> checks);

// Opens a sink of whatever kind that has no commit, and makes what was written to it readable.
absl::Status OpenNew(SinkTrial& trial);
absl::Status Deliver(SinkTrial& trial);

}  // namespace rtstream::testing::internal

#pragma GCC visibility pop
