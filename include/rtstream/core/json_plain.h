#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "rtstream/base/arena.h"
#include "rtstream/base/bytes.h"
#include "rtstream/core/json_codec.h"
#include "rtstream/core/json_cursor.h"
#include "rtstream/core/json_optional_codec.h"
#include "rtstream/core/json_plain_reader.h"
#include "rtstream/core/mapping.h"
#include "rtstream/core/plain_input.h"
#include "rtstream/core/plain_number.h"

// How JsonReader reads plain records: the members in declared order by code made for the mapping, from the
// first that is not where it should be on by a loop that takes them in any order.

namespace rtstream::internal {

template <typename T, size_t I>
inline constexpr auto kQuotedName = [] {
  constexpr std::string_view kName = std::get<I>(Mapping<T>::kFields).name;
  std::array<char, kName.size() + 3> text{};
  text.front() = '"';
  std::copy(kName.begin(), kName.end(), text.begin() + 1);
  text[kName.size() + 1] = '"';
  text[kName.size() + 2] = ':';
  return text;
}();

template <typename T, size_t I>
bool ReadJsonField(JsonCursor& in, void* record) {
  auto& member = static_cast<T*>(record)->*std::get<I>(Mapping<T>::kFields).member;
  return JsonCodec<MemberOf<T, I>>::Read(in, member);
}

// Compiled once for a type, whichever fields have it.
template <typename V>
[[gnu::noinline]] const char* ReadPlainJsonValue(const char* p, PlainInput& in, V& out) {
  return JsonCodec<V>::ReadPlain(p, in, out);
}

template <typename T, size_t I>
  requires HasJsonPlain<MemberOf<T, I>>
const char* ReadPlainJsonField(const char* p, PlainInput& in, void* record) {
  auto& member = static_cast<T*>(record)->*std::get<I>(Mapping<T>::kFields).member;
  return ReadPlainJsonValue<MemberOf<T, I>>(p, in, member);
}

template <typename T, size_t I>
consteval auto PlainJsonReadOf() -> decltype(JsonField::read_plain) {
  if constexpr (HasJsonPlain<MemberOf<T, I>>) return &ReadPlainJsonField<T, I>;
  return nullptr;
}

template <typename T>
inline constexpr auto kJsonFields = []<size_t... I>(std::index_sequence<I...>) {
  return std::array<JsonField, sizeof...(I)>{
      JsonField{std::get<I>(Mapping<T>::kFields).name,
                {kQuotedName<T, I>.data(), kQuotedName<T, I>.size()},
                &ReadJsonField<T, I>,
                PlainJsonReadOf<T, I>(),
                kIsJsonText<MemberOf<T, I>>}...};
}(std::make_index_sequence<kFieldCount<T>>());

template <typename T>
inline constexpr bool kAllHaveJsonPlain = []<size_t... I>(std::index_sequence<I...>) {
  return (HasJsonPlain<MemberOf<T, I>> && ...);
}(std::make_index_sequence<kFieldCount<T>>());

// Whether records are read as plain ones at all: see Restorer.
template <typename T>
inline constexpr bool kHasPlainJson =
    kReadsPlainValues && (kAllHaveJsonPlain<T> || std::is_trivially_copyable_v<T>);

// What stands before the value of field I in a plain record whose members come in declared order: the
// closing quote of a text, `,"name":` and the opening quote of a text.
template <typename T, size_t I>
consteval auto PlainLead() {
  constexpr std::string_view kName = std::get<I>(Mapping<T>::kFields).name;
  constexpr bool kIsText = kIsJsonText<MemberOf<T, I>>;
  constexpr bool kIsBehindText = I > 0 && kIsJsonText<MemberOf<T, I == 0 ? 0 : I - 1>>;
  std::array<char, kName.size() + 4 + (kIsText ? 1 : 0) + (kIsBehindText ? 1 : 0)> text{};
  size_t at = 0;
  if (kIsBehindText) text[at++] = '"';
  text[at++] = I == 0 ? '{' : ',';
  text[at++] = '"';
  for (char c : kName) text[at++] = c;
  text[at++] = '"';
  text[at++] = ':';
  if (kIsText) text[at++] = '"';
  return text;
}
template <typename T, size_t I>
inline constexpr auto kPlainLead = PlainLead<T, I>();

// A text as words of eight bytes, the last of which may overlap the one before; a shorter text as one.
template <size_t kSize>
consteval auto WordsOf(const std::array<char, kSize>& text) {
  std::array<uint64_t, (kSize + 7) / 8> words{};
  for (size_t w = 0; w < words.size(); ++w) {
    const size_t from = kSize < 8 ? 0 : std::min(8 * w, kSize - 8);
    for (size_t i = 0; i < 8 && from + i < kSize; ++i) {
      words[w] |= uint64_t{static_cast<unsigned char>(text[from + i])} << 8 * i;
    }
  }
  return words;
}
template <typename T, size_t I>
inline constexpr auto kPlainLeadWords = WordsOf(kPlainLead<T, I>);

// Whether what stands before field I stands at `p`, where eight bytes at least are readable.
template <typename T, size_t I, size_t... W>
[[gnu::always_inline]] inline bool IsAtLead(const char* p, std::index_sequence<W...>) {
  constexpr size_t kSize = kPlainLead<T, I>.size();
  if constexpr (kSize < 8) {
    constexpr uint64_t kMask = (uint64_t{1} << 8 * kSize) - 1;
    return (LoadWord<uint64_t>(p) & kMask) == kPlainLeadWords<T, I>[0];
  } else {
    return ((LoadWord<uint64_t>(p + std::min(8 * W, kSize - 8)) ^ kPlainLeadWords<T, I>[W]) | ...) == 0;
  }
}

// Reads field I, if it stands at `p`, and moves `p` to the end of its value.
template <typename T, size_t I>
[[gnu::always_inline]] inline bool ReadNextPlain(const char*& p, PlainInput& in, T& out) {
  using Member = MemberOf<T, I>;
  if constexpr (HasJsonPlain<Member>) {
    constexpr auto& kLead = kPlainLead<T, I>;
    // The record ends with a brace, which a name mostly stops at; a long one would be compared beyond the
    // bytes that are readable.
    constexpr bool kMayLeadOut =
        kLead.size() > 48 || std::string_view(kLead.data() + 1, kLead.size() - 1).find('}') !=
                                  std::string_view::npos;
    if (kMayLeadOut && in.end() - p <= static_cast<std::ptrdiff_t>(kLead.size())) return false;
    constexpr std::make_index_sequence<kPlainLeadWords<T, I>.size()> kWords;
    if (!IsAtLead<T, I>(p, kWords)) [[unlikely]] return false;
    auto& member = out.*std::get<I>(Mapping<T>::kFields).member;
    const char* const end = JsonCodec<Member>::ReadPlain(p + kLead.size(), in, member);
    if (end == nullptr || end > in.end()) [[unlikely]] return false;
    p = end;
    return true;
  }
  return false;
}

// Reads the plain record at `p`. `seen`, which has a bit for each field, is set to those that came if some
// did not. False if the record has to be read strictly.
template <typename T>
[[gnu::always_inline]] inline bool ReadPlainRecord(const char* p, JsonPlainReader& reader, Arena& arena,
                                                   T& out, uint64_t& seen) {
  constexpr size_t kCount = kFieldCount<T>;
  PlainInput& in = reader.in();
  size_t count = 0;
  [&]<size_t... I>(std::index_sequence<I...>) {
    (void)((ReadNextPlain<T, I>(p, in, out) && ++count > 0) && ...);
  }(std::make_index_sequence<kCount>());
  if (count == kCount) [[likely]] {
    constexpr size_t kQuotes = kIsJsonText<MemberOf<T, kCount - 1>> ? 1 : 0;
    if ((kQuotes == 0 || *p == '"') && p[kQuotes] == '}' && p + kQuotes + 1 == in.end()) [[likely]] {
      return true;
    }
  }
  return reader.ReadInAnyOrder(p, count, &out, arena, seen);
}

}  // namespace rtstream::internal
