#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "rtstream/base/decimal.h"
#include "rtstream/base/fixed_string.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"
#include "rtstream/core/json_cursor.h"
#include "rtstream/core/json_text.h"
#include "rtstream/core/number_text.h"
#include "rtstream/core/plain_input.h"
#include "rtstream/core/plain_number.h"
#include "rtstream/core/plain_text.h"
#include "rtstream/core/plain_time.h"

namespace rtstream {

// How a member's type is read from JSON and written to it. Users add types of their own:
//
//   static bool Read(JsonCursor& in, V& out);          // false after in.Fail("what was wanted")
//   static void Append(const V& v, std::string& out);
//
// Instead of Append a codec may have what the library's own have, which is faster:
//
//   static size_t Bound(const V& v);                   // bytes that Put writes at most
//   [[gnu::always_inline]] static void Put(const V& v, JsonText& text);
//
// A codec may also read plain values (see PlainInput), several times as fast, as JsonReader does:
//
//   static const char* ReadPlain(const char* p, PlainInput& in, V& out);
//   static constexpr bool kIsText = true;              // only if V is a string in JSON
//
// It returns the end of the value that begins at `p`, or null if Read has to look at it: both must take the
// same for the same value. `p` is behind the opening quote of a text, the end at its closing one. What
// follows need not be looked at, but a quote or one of , } ends every value.
template <typename V>
struct JsonCodec;

// Appends `text` as a JSON string, quotes included. REQUIRES: text is UTF-8.
void AppendJsonString(std::string_view text, std::string& out);

namespace internal {
bool ReadJsonTime(JsonCursor& in, Time& out);

template <typename V>
concept HasJsonPut = requires(const V& v, JsonText& text) {
  JsonCodec<V>::Bound(v);
  JsonCodec<V>::Put(v, text);
};

template <typename V>
concept HasJsonPlain = requires(const char* p, PlainInput& in, V& out) {
  { JsonCodec<V>::ReadPlain(p, in, out) } -> std::same_as<const char*>;
};
template <typename V>
inline constexpr bool kIsJsonText = requires { requires JsonCodec<V>::kIsText; };
}  // namespace internal

// Appends a value as its codec writes it.
template <typename V>
void AppendJsonValue(const V& v, std::string& out) {
  if constexpr (internal::HasJsonPut<V>) {
    JsonText text(out, JsonCodec<V>::Bound(v));
    JsonCodec<V>::Put(v, text);
  } else {
    JsonCodec<V>::Append(v, out);
  }
}

// A view of the record's bytes, or of the batch's arena if the text had escapes.
template <>
struct JsonCodec<std::string_view> {
  static bool Read(JsonCursor& in, std::string_view& out) { return in.ReadString(out); }
  static constexpr bool kIsText = true;
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput& in,
                                                      std::string_view& out) {
    const char* const end = internal::PlainTextEnd(p, in.end());
    if (end != nullptr) [[likely]] out = in.View(p, end);
    return end;
  }
  static size_t Bound(std::string_view v) { return JsonText::StringBound(v); }
  [[gnu::always_inline]] static void Put(std::string_view v, JsonText& text) { text.String(v); }
};

template <>
struct JsonCodec<std::string> {
  static bool Read(JsonCursor& in, std::string& out) {
    std::string_view text;
    if (!in.ReadString(text)) return false;
    out.assign(text);
    return true;
  }
  static constexpr bool kIsText = true;
  static const char* ReadPlain(const char* p, PlainInput& in, std::string& out) {
    const char* const end = internal::PlainTextEnd(p, in.end());
    if (end != nullptr) [[likely]] out.assign(p, end);
    return end;
  }
  static size_t Bound(const std::string& v) { return JsonText::StringBound(v); }
  [[gnu::always_inline]] static void Put(const std::string& v, JsonText& text) { text.String(v); }
};

template <>
struct JsonCodec<bool> {
  static bool Read(JsonCursor& in, bool& out) { return in.ReadBool(out); }
  static const char* ReadPlain(const char* p, PlainInput&, bool& out) {
    return internal::ReadPlainBool(p, out);
  }
  static size_t Bound(bool) { return 5; }
  [[gnu::always_inline]] static void Put(bool v, JsonText& text) { text.Raw(v ? "true" : "false"); }
};

// No fraction, no exponent, and within the type's range.
template <std::integral I>
  requires(!std::same_as<I, bool>)
struct JsonCodec<I> {
  static bool Read(JsonCursor& in, I& out) {
    int64_t value = 0;
    int decimals = 0;
    if (in.TakePlainNumber(value, decimals)) [[likely]] {
      out = static_cast<I>(value);
      return (decimals == 0 && internal::FitsIn<I>(value)) || in.Fail(internal::IntegerName<I>());
    }
    std::string_view token;
    if (!in.ReadNumber(token)) return false;
    return internal::ReadInteger(token, out) || in.Fail(internal::IntegerName<I>());
  }
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput&, I& out) {
    return internal::ReadPlainInteger(p, out);
  }
  static size_t Bound(I) { return JsonText::kNumberBound; }
  [[gnu::always_inline]] static void Put(I v, JsonText& text) {
    if constexpr (std::is_signed_v<I>) {
      text.Integer(int64_t{v});
    } else {
      text.Unsigned(uint64_t{v});
    }
  }
};

template <>
struct JsonCodec<double> {
  static bool Read(JsonCursor& in, double& out) {
    std::string_view token;
    if (!in.ReadNumber(token)) return false;
    return internal::ReadDouble(token, out) || in.Fail("a number in the range of a double");
  }
  static const char* ReadPlain(const char* p, PlainInput&, double& out) {
    return internal::ReadPlainDouble(p, out);
  }
  // REQUIRES: finite.
  static void Append(double v, std::string& out) { internal::AppendDouble(v, out); }
};

// A JSON number, exactly; written as one.
template <int kScale>
struct JsonCodec<Decimal<kScale>> {
  static bool Read(JsonCursor& in, Decimal<kScale>& out) {
    int decimals = 0;
    if (in.TakePlainNumber(out.mantissa, decimals)) [[likely]] {
      return internal::Rescale(out.mantissa, decimals, kScale) ||
             in.Fail(internal::DecimalName<kScale>());
    }
    std::string_view token;
    if (!in.ReadNumber(token)) return false;
    return ParseDecimal(token, out).ok() || in.Fail(internal::DecimalName<kScale>());
  }
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput&,
                                                      Decimal<kScale>& out) {
    return internal::ReadPlainDecimal(p, out);
  }
  static size_t Bound(const Decimal<kScale>&) { return JsonText::kNumberBound; }
  [[gnu::always_inline]] static void Put(const Decimal<kScale>& v, JsonText& text) { text.Decimal(v); }
};

// A sum, as a Decimal is written; read back if it fits into one.
template <int kScale>
struct JsonCodec<WideDecimal<kScale>> {
  static bool Read(JsonCursor& in, WideDecimal<kScale>& out) {
    Decimal<kScale> narrow;
    if (!JsonCodec<Decimal<kScale>>::Read(in, narrow)) return false;
    out.mantissa = narrow.mantissa;
    return true;
  }
  static size_t Bound(const WideDecimal<kScale>&) { return internal::kDecimalBound; }
  [[gnu::always_inline]] static void Put(const WideDecimal<kScale>& v, JsonText& text) { text.Decimal(v); }
};

// The 36 characters of RFC 9562, in either case; written in lower case.
template <>
struct JsonCodec<Uuid> {
  static bool Read(JsonCursor& in, Uuid& out) {
    std::string_view text;
    return in.ReadString(text) && (ParseUuid(text, out) || in.Fail("a UUID"));
  }
  static constexpr bool kIsText = true;
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput&, Uuid& out) {
    return internal::ReadPlainUuid(p, out);
  }
  static size_t Bound(const Uuid&) { return Uuid::kTextSize + 2; }
  [[gnu::always_inline]] static void Put(const Uuid& v, JsonText& text) { text.Uuid(v); }
};

template <size_t kSize>
struct JsonCodec<FixedString<kSize>> {
  static bool Read(JsonCursor& in, FixedString<kSize>& out) {
    std::string_view text;
    return in.ReadString(text) && (out.Assign(text) || in.Fail(internal::FixedStringName<kSize>()));
  }
  static constexpr bool kIsText = true;
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput& in,
                                                      FixedString<kSize>& out) {
    return internal::ReadPlainText(p, in, out);
  }
  static size_t Bound(const FixedString<kSize>& v) { return JsonText::StringBound(v.view()); }
  [[gnu::always_inline]] static void Put(const FixedString<kSize>& v, JsonText& text) { text.String(v.view()); }
};

// RFC 3339.
template <>
struct JsonCodec<Time> {
  static bool Read(JsonCursor& in, Time& out) { return internal::ReadJsonTime(in, out); }
  static constexpr bool kIsText = true;
  [[gnu::always_inline]] static const char* ReadPlain(const char* p, PlainInput& in, Time& out) {
    return internal::ReadPlainTime(p, in, out);
  }
  static size_t Bound(Time) { return JsonText::kTimeBound; }
  [[gnu::always_inline]] static void Put(Time v, JsonText& text) { text.Time(v); }
};

}  // namespace rtstream
