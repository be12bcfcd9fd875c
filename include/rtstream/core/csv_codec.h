#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "rtstream/base/decimal.h"
#include "rtstream/base/fixed_string.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"
#include "rtstream/core/number_text.h"
#include "rtstream/core/plain_input.h"
#include "rtstream/core/plain_number.h"
#include "rtstream/core/plain_text.h"
#include "rtstream/core/plain_time.h"

namespace rtstream {

// A field of a CSV record as a codec reads it: its text without quotes around it, and none doubled.
class CsvField {
 public:
  // `text`: what stood between the separators, or the quotes.
  CsvField(std::string_view text, bool is_quoted) : text_(text), is_quoted_(is_quoted) {}

  // A view of the record's bytes, or of the batch's arena if it had doubled quotes.
  std::string_view text() const { return text_; }
  // An empty field with quotes is a text; without, it may be "none".
  bool is_quoted() const { return is_quoted_; }

  // Says what was wanted, a text that lives on; returns false.
  bool Fail(std::string_view want) {
    want_ = want;
    return false;
  }
  std::string_view want() const { return want_; }  // what Fail() was told; empty: nothing failed

 private:
  std::string_view text_;
  bool is_quoted_;
  std::string_view want_;
};

// How a member's type is read from a CSV field and written to one. Users add types of their own:
//
//   static bool Read(CsvField& in, V& out);            // false after in.Fail("what was wanted")
//   static void Append(const V& v, std::string& out);  // without quotes: the writer sees to them
//   static constexpr bool kReadsEmpty = true;          // only if an empty text is a value
//
// A codec may also read plain fields (see PlainInput), several times as fast:
//
//   static const char* ReadPlain(const char* p, PlainInput& in, V& out);
//
// It returns the end of the value that begins at `p`, or null if Read has to look at it: both must take the
// same for the same field. in.separator() or in.end(), where a line end stands, ends every value.
template <typename V>
struct CsvCodec;

namespace internal {

// Where a field may be absent, an empty one without quotes is absent. For types that have an empty
// value, "" is that value; for others it is absent too, since some programs put quotes around all.
template <typename V>
inline constexpr bool kReadsEmpty = requires { requires CsvCodec<V>::kReadsEmpty; };
template <typename V>
bool IsAbsent(const CsvField& in) {
  return in.text().empty() && !(kReadsEmpty<V> && in.is_quoted());
}

template <typename V>
concept HasCsvPlain = requires(const char* p, PlainInput& in, V& out) {
  { CsvCodec<V>::ReadPlain(p, in, out) } -> std::same_as<const char*>;
};

}  // namespace internal

template <>
struct CsvCodec<std::string_view> {
  static constexpr bool kReadsEmpty = true;
  static bool Read(CsvField& in, std::string_view& out) {
    out = in.text();
    return true;
  }
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput& in,
                                                      std::string_view& out) {
    const char* const end = internal::PlainFieldEnd(p, in);
    out = in.View(p, end);
    return end;
  }
  static void Append(std::string_view v, std::string& out) { out.append(v); }
};

template <>
struct CsvCodec<std::string> {
  static constexpr bool kReadsEmpty = true;
  static bool Read(CsvField& in, std::string& out) {
    out.assign(in.text());
    return true;
  }
  static const char* ReadPlain(const char* p, PlainInput& in, std::string& out) {
    const char* const end = internal::PlainFieldEnd(p, in);
    out.assign(p, end);
    return end;
  }
  static void Append(const std::string& v, std::string& out) { out.append(v); }
};

template <>
struct CsvCodec<bool> {
  static bool Read(CsvField& in, bool& out) {
    out = in.text() == "true";
    return out || in.text() == "false" || in.Fail("true or false");
  }
  static const char* ReadPlain(const char* p, PlainInput&, bool& out) {
    return internal::ReadPlainBool(p, out);
  }
  static void Append(bool v, std::string& out) { out.append(v ? "true" : "false"); }
};

// By JSON's grammar: no fraction, no exponent, no plus sign, no zeros in front.
template <std::integral I>
  requires(!std::same_as<I, bool>)
struct CsvCodec<I> {
  static bool Read(CsvField& in, I& out) {
    return internal::ReadInteger(in.text(), out) || in.Fail(internal::IntegerName<I>());
  }
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput&, I& out) {
    return internal::ReadPlainInteger(p, out);
  }
  static void Append(I v, std::string& out) { internal::AppendInteger(v, out); }
};

// A number by JSON's grammar.
template <>
struct CsvCodec<double> {
  static bool Read(CsvField& in, double& out) {
    return internal::ReadDouble(in.text(), out) || in.Fail("a number in the range of a double");
  }
  static const char* ReadPlain(const char* p, PlainInput&, double& out) {
    return internal::ReadPlainDouble(p, out);
  }
  // REQUIRES: finite.
  static void Append(double v, std::string& out) { internal::AppendDouble(v, out); }
};

// A number by JSON's grammar, exactly.
template <int kScale>
struct CsvCodec<Decimal<kScale>> {
  static bool Read(CsvField& in, Decimal<kScale>& out) {
    return ParseDecimal(in.text(), out).ok() || in.Fail(internal::DecimalName<kScale>());
  }
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput&,
                                                      Decimal<kScale>& out) {
    return internal::ReadPlainDecimal(p, out);
  }
  static void Append(const Decimal<kScale>& v, std::string& out) { AppendDecimal(v, out); }
};

// A sum, as a Decimal is written; read back if it fits into one.
template <int kScale>
struct CsvCodec<WideDecimal<kScale>> {
  static bool Read(CsvField& in, WideDecimal<kScale>& out) {
    Decimal<kScale> narrow;
    if (!CsvCodec<Decimal<kScale>>::Read(in, narrow)) return false;
    out.mantissa = narrow.mantissa;
    return true;
  }
  static void Append(const WideDecimal<kScale>& v, std::string& out) { AppendDecimal(v, out); }
};

// The 36 characters of RFC 9562, in either case; written in lower case.
template <>
struct CsvCodec<Uuid> {
  static bool Read(CsvField& in, Uuid& out) {
    return ParseUuid(in.text(), out) || in.Fail("a UUID");
  }
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput&, Uuid& out) {
    return internal::ReadPlainUuid(p, out);
  }
  static void Append(const Uuid& v, std::string& out) { AppendUuid(v, out); }
};

template <size_t kSize>
struct CsvCodec<FixedString<kSize>> {
  static constexpr bool kReadsEmpty = true;
  static bool Read(CsvField& in, FixedString<kSize>& out) {
    return out.Assign(in.text()) || in.Fail(internal::FixedStringName<kSize>());
  }
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput& in,
                                                      FixedString<kSize>& out) {
    const char* const end = internal::PlainFieldEnd(p, in);
    return out.Assign({p, static_cast<size_t>(end - p)}) ? end : nullptr;
  }
  static void Append(const FixedString<kSize>& v, std::string& out) { out.append(v.view()); }
};

// RFC 3339.
template <>
struct CsvCodec<Time> {
  static bool Read(CsvField& in, Time& out) {
    const absl::StatusOr<Time> time = ParseRfc3339(in.text());
    if (!time.ok()) return in.Fail("a time of RFC 3339");
    out = *time;
    return true;
  }
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput& in, Time& out) {
    return internal::ReadPlainTime(p, in, out);
  }
  static void Append(Time v, std::string& out) { AppendRfc3339(v, out); }
};

// An empty field: no value.
template <typename V>
struct CsvCodec<std::optional<V>> {
  static bool Read(CsvField& in, std::optional<V>& out) {
    out.reset();
    return internal::IsAbsent<V>(in) || CsvCodec<V>::Read(in, out.emplace());
  }
  static const char* ReadPlain(const char* p, PlainInput& in, std::optional<V>& out)
    requires internal::HasCsvPlain<V>
  {
    if (*p != in.separator() && p != in.end()) return CsvCodec<V>::ReadPlain(p, in, out.emplace());
    out.reset();
    return p;
  }
  static void Append(const std::optional<V>& v, std::string& out) {
    if (v) CsvCodec<V>::Append(*v, out);
  }
};

}  // namespace rtstream
