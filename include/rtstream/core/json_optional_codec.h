#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "rtstream/base/bytes.h"
#include "rtstream/core/json_codec.h"
#include "rtstream/core/json_cursor.h"
#include "rtstream/core/json_text.h"
#include "rtstream/core/plain_input.h"

namespace rtstream {

// Null or absent: no value.
template <typename V>
struct JsonCodec<std::optional<V>> {
  static bool Read(JsonCursor& in, std::optional<V>& out) {
    out.reset();
    return in.TakeNull() || JsonCodec<V>::Read(in, out.emplace());
  }
  static const char* ReadPlain(const char* p, PlainInput& in, std::optional<V>& out)
    requires internal::HasJsonPlain<V>
  {
    if (internal::LoadWord<uint32_t>(p) == internal::LoadWord<uint32_t>("null")) {
      out.reset();
      return p + 4;
    }
    if constexpr (!internal::kIsJsonText<V>) return JsonCodec<V>::ReadPlain(p, in, out.emplace());
    if (*p != '"') return nullptr;
    p = JsonCodec<V>::ReadPlain(p + 1, in, out.emplace());
    return p != nullptr && *p == '"' ? p + 1 : nullptr;
  }
  static void Append(const std::optional<V>& v, std::string& out) {
    if (v) {
      AppendJsonValue(*v, out);
    } else {
      out.append("null");
    }
  }
  static size_t Bound(const std::optional<V>& v)
    requires internal::HasJsonPut<V>
  {
    return v ? JsonCodec<V>::Bound(*v) : 4;
  }
  [[gnu::always_inline]] static void Put(const std::optional<V>& v, JsonText& text)
    requires internal::HasJsonPut<V>
  {
    if (v) {
      JsonCodec<V>::Put(*v, text);
    } else {
      text.Raw("null");
    }
  }
};

}  // namespace rtstream
