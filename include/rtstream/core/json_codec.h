#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rtstream/base/decimal.h"
#include "rtstream/base/time.h"
#include "rtstream/core/json_cursor.h"
#include "rtstream/core/number_text.h"

namespace rtstream {

// How a member's type is read from JSON and written to it. Users add types of their own:
//
//   static bool Read(JsonCursor& in, V& out);          // false after in.Fail("what was wanted")
//   static void Append(const V& v, std::string& out);
template <typename V>
struct JsonCodec;

// Appends `text` as a JSON string, quotes included. REQUIRES: text is UTF-8.
void AppendJsonString(std::string_view text, std::string& out);

namespace internal {
bool ReadJsonTime(JsonCursor& in, Time& out);
}  // namespace internal

// A view of the record's bytes, or of the batch's arena if the text had escapes.
template <>
struct JsonCodec<std::string_view> {
  static bool Read(JsonCursor& in, std::string_view& out) { return in.ReadString(out); }
  static void Append(std::string_view v, std::string& out) { AppendJsonString(v, out); }
};

template <>
struct JsonCodec<std::string> {
  static bool Read(JsonCursor& in, std::string& out) {
    std::string_view text;
    if (!in.ReadString(text)) return false;
    out.assign(text);
    return true;
  }
  static void Append(const std::string& v, std::string& out) { AppendJsonString(v, out); }
};

template <>
struct JsonCodec<bool> {
  static bool Read(JsonCursor& in, bool& out) { return in.ReadBool(out); }
  static void Append(bool v, std::string& out) { out.append(v ? "true" : "false"); }
};

// No fraction, no exponent, and within the type's range.
template <std::integral I>
  requires(!std::same_as<I, bool>)
struct JsonCodec<I> {
  static bool Read(JsonCursor& in, I& out) {
    std::string_view token;
    if (!in.ReadNumber(token)) return false;
    return internal::ReadInteger(token, out) || in.Fail(internal::IntegerName<I>());
  }
  static void Append(I v, std::string& out) { internal::AppendInteger(v, out); }
};

template <>
struct JsonCodec<double> {
  static bool Read(JsonCursor& in, double& out) {
    std::string_view token;
    if (!in.ReadNumber(token)) return false;
    return internal::ReadDouble(token, out) || in.Fail("a number in the range of a double");
  }
  // REQUIRES: finite.
  static void Append(double v, std::string& out) { internal::AppendDouble(v, out); }
};

// A JSON number, exactly; written as one.
template <int kScale>
struct JsonCodec<Decimal<kScale>> {
  static bool Read(JsonCursor& in, Decimal<kScale>& out) {
    std::string_view token;
    if (!in.ReadNumber(token)) return false;
    return ParseDecimal(token, out).ok() || in.Fail(internal::DecimalName<kScale>());
  }
  static void Append(const Decimal<kScale>& v, std::string& out) { AppendDecimal(v, out); }
};

// RFC 3339.
template <>
struct JsonCodec<Time> {
  static bool Read(JsonCursor& in, Time& out) { return internal::ReadJsonTime(in, out); }
  static void Append(Time v, std::string& out) {
    out.push_back('"');
    AppendRfc3339(v, out);
    out.push_back('"');
  }
};

// Null or absent: no value.
template <typename V>
struct JsonCodec<std::optional<V>> {
  static bool Read(JsonCursor& in, std::optional<V>& out) {
    out.reset();
    return in.TakeNull() || JsonCodec<V>::Read(in, out.emplace());
  }
  static void Append(const std::optional<V>& v, std::string& out) {
    if (v) {
      JsonCodec<V>::Append(*v, out);
    } else {
      out.append("null");
    }
  }
};

}  // namespace rtstream
