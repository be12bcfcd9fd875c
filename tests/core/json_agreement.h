#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rtstream/base/arena.h"
#include "rtstream/base/text.h"
#include "rtstream/core/json_reader.h"
#include "rtstream/core/plain_input.h"
#include "tests/core/reading_agreement.h"

namespace rtstream {

// Reads texts by ReadJson and by JsonReaders, on buffers of exactly their size and with what may not matter
// behind them.
template <typename T>
class JsonAgreement {
 public:
  explicit JsonAgreement(const JsonLimits& limits = {}) : limits_(limits), reader_(limits) {}

  // What differs; empty if nothing does. `behind`: what stands behind the text where it is not alone.
  std::string Difference(std::string_view text, std::string_view behind) {
    const std::unique_ptr<char[]> exact = CopyOf(text, {});
    arena_.Clear();
    const std::string_view alone(exact.get(), text.size());
    T want{};
    const absl::Status verdict = ReadJson(alone, arena_, want, limits_);
    accepted_ += verdict.ok() ? 1u : 0u;

    const std::unique_ptr<char[]> padded = CopyOf(text, behind);
    const std::string_view held(padded.get(), text.size());
    const char* const readable_end = padded.get() + text.size() + PlainInput::kReach;
    T got{};
    // One that knows the stream, and one that begins with this text and then knows it.
    if (Differs(reader_.Read(held, readable_end, arena_, got), verdict, got, want)) return "held";
    if (T again{}; Differs(reader_.Read(alone, arena_, again), verdict, again, want)) return "alone";
    JsonReader<T> fresh(limits_);
    if (T first{}; Differs(fresh.Read(held, readable_end, arena_, first), verdict, first, want)) {
      return "the first";
    }
    if (T second{}; Differs(fresh.Read(held, readable_end, arena_, second), verdict, second, want)) {
      return "the second";
    }
    return "";
  }

  uint64_t accepted() const { return accepted_; }
  // Of all texts, read twice.
  uint64_t strict_records() const { return reader_.strict_records(); }

 private:
  JsonLimits limits_;
  JsonReader<T> reader_;
  Arena arena_;
  uint64_t accepted_ = 0;
};

}  // namespace rtstream
