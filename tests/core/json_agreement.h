#pragma once

#include <bit>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rtstream/base/arena.h"
#include "rtstream/base/text.h"
#include "rtstream/core/json_reader.h"
#include "rtstream/core/plain_input.h"

namespace rtstream {

// Whether two members are the same to the last bit.
template <typename V>
bool IsSameValue(const V& a, const V& b) {
  return a == b;
}
inline bool IsSameValue(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

template <typename T>
bool IsSameRecord(const T& a, const T& b) {
  return std::apply([&](const auto&... f) { return (IsSameValue(a.*f.member, b.*f.member) && ...); },
                    Mapping<T>::kFields);
}

// Reads texts by ReadJson and by JsonReaders, on buffers of exactly their size and with what may not matter
// behind them.
template <typename T>
class JsonAgreement {
 public:
  explicit JsonAgreement(const JsonLimits& limits = {}) : limits_(limits), reader_(limits) {}

  // What differs; empty if nothing does. `behind`: what stands behind the text where it is not alone.
  std::string Difference(std::string_view text, std::string_view behind) {
    const std::unique_ptr<char[]> exact = Copy(text, {});
    arena_.Clear();
    const std::string_view alone(exact.get(), text.size());
    T want{};
    const absl::Status verdict = ReadJson(alone, arena_, want, limits_);
    accepted_ += verdict.ok() ? 1u : 0u;

    const std::unique_ptr<char[]> padded = Copy(text, behind);
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
  static std::unique_ptr<char[]> Copy(std::string_view text, std::string_view behind) {
    const size_t room = behind.empty() ? 0 : PlainInput::kReach;
    std::unique_ptr<char[]> copy(new char[text.size() + room]);
    if (!text.empty()) std::memcpy(copy.get(), text.data(), text.size());
    for (size_t i = 0; i < room; ++i) copy[text.size() + i] = behind[i % behind.size()];
    return copy;
  }
  static bool Differs(const absl::Status& status, const absl::Status& verdict, const T& got,
                      const T& want) {
    return status != verdict || (verdict.ok() && !IsSameRecord(got, want));
  }

  JsonLimits limits_;
  JsonReader<T> reader_;
  Arena arena_;
  uint64_t accepted_ = 0;
};

}  // namespace rtstream
