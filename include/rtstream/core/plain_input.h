#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rtstream/base/bytes.h"

namespace rtstream {

// A record while its plain values are read: those in the form that machines mostly write, printable ASCII
// without escapes, short numbers without exponent. Codecs read them by ReadPlain without looking where
// the record ends: kReach bytes from any place in it are readable. What is behind the end is not the
// record's, and may be anything.
//
// Remembers between records what codecs gain from: the last day of a timestamp. Not thread-safe.
class PlainInput {
 public:
  static constexpr size_t kReach = 64;  // bytes that a codec may read beyond where it stands

  // The record's end. REQUIRES: kReach bytes from it on are readable. Views are given out as of `original`,
  // which differs from `begin` if the record had to be copied to be readable so far.
  void Begin(const char* begin, const char* end, const char* original) {
    end_ = end;
    shift_ = original - begin;
  }
  // Where the record ends, by the address given to Begin().
  const char* end() const { return end_; }

  // What separates the fields of a CSV record. A line end stands at end() then, at which every reader stops.
  void set_separator(char separator) { separator_ = separator; }
  char separator() const { return separator_; }  // see set_separator()

  // The bytes from `begin` to `end`, valid as long as the record's own.
  std::string_view View(const char* begin, const char* end) const {
    return {begin + shift_, static_cast<size_t>(end - begin)};
  }
  // Where the byte at `p` stands in the record that was given.
  const char* OriginalOf(const char* p) const { return p + shift_; }
  const char* CopyOf(const char* original) const { return original - shift_; }  // the other way

  // Microseconds from 1970 to the midnight of the day at `p`, YYYY-MM-DD. False: there is no such day.
  [[gnu::always_inline]] bool ReadDay(const char* p, int64_t& midnight) {
    const auto head = internal::LoadWord<uint64_t>(p);
    const auto tail = internal::LoadWord<uint16_t>(p + 8);
    if (head != day_head_ || tail != day_tail_) [[unlikely]] {
      if (!ReadAnotherDay(p)) return false;
    }
    midnight = midnight_;
    return true;
  }

 private:
  bool ReadAnotherDay(const char* p);

  const char* end_ = nullptr;
  char separator_ = ',';
  std::ptrdiff_t shift_ = 0;
  // The last day's text, in two words, and its midnight.
  uint64_t day_head_ = 0;
  uint16_t day_tail_ = 0;
  int64_t midnight_ = 0;
};

namespace internal {

// Puts a record back before it is read again, strictly. Only needed if a codec has no ReadPlain, but read its
// member by Read: that may build on what the member holds.
template <typename T, bool kAllReadPlain>
class Restorer {
 public:
  explicit Restorer(const T& record) : saved_(record) {}
  void Restore(T& record) const { record = saved_; }

 private:
  T saved_;
};
template <typename T>
class Restorer<T, true> {
 public:
  explicit Restorer(const T&) {}
  void Restore(T&) const {}
};

}  // namespace internal
}  // namespace rtstream
