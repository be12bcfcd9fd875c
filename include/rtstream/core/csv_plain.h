#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "rtstream/core/csv_codec.h"
#include "rtstream/core/mapping.h"
#include "rtstream/core/plain_input.h"
#include "rtstream/core/plain_number.h"
#include "rtstream/core/plain_text.h"

// How CsvReader reads plain records. Whatever is not plain in a field, such as quotes around it or UTF-8, is left
// to its codec's Read; a record with doubled quotes, line ends in quotes, control characters or a fault is
// read strictly.

namespace rtstream::internal {

// A field of a mapping without its types: how the loop over columns, which is compiled once, reads it.
struct CsvFieldReader {
  std::string_view name;
  bool (*read)(CsvField& in, void* record);
  // The codec's ReadPlain; null if it has none.
  const char* (*read_plain)(const char* p, PlainInput& in, void* record);
  // How an empty field is taken: see IsAbsent. An optional member is read also when it is absent.
  bool may_be_absent;
  bool reads_empty;
  bool needs_column;
};

template <typename T, size_t I>
bool ReadCsvField(CsvField& in, void* record) {
  auto& member = static_cast<T*>(record)->*std::get<I>(Mapping<T>::kFields).member;
  return CsvCodec<MemberOf<T, I>>::Read(in, member);
}

template <typename T, size_t I>
  requires HasCsvPlain<MemberOf<T, I>>
const char* ReadPlainCsvField(const char* p, PlainInput& in, void* record) {
  auto& member = static_cast<T*>(record)->*std::get<I>(Mapping<T>::kFields).member;
  return CsvCodec<MemberOf<T, I>>::ReadPlain(p, in, member);
}

template <typename T, size_t I>
consteval CsvFieldReader MakeCsvFieldReader() {
  using Member = MemberOf<T, I>;
  constexpr bool kMayBeAbsent = MayLack<T, I>();
  CsvFieldReader reader{std::get<I>(Mapping<T>::kFields).name,
                        &ReadCsvField<T, I>,
                        nullptr,
                        kMayBeAbsent && !kIsOptional<Member>,
                        kReadsEmpty<Member>,
                        !kMayBeAbsent};
  if constexpr (HasCsvPlain<Member>) reader.read_plain = &ReadPlainCsvField<T, I>;
  return reader;
}

template <typename T>
inline constexpr auto kCsvFields = []<size_t... I>(std::index_sequence<I...>) {
  return std::array<CsvFieldReader, sizeof...(I)>{MakeCsvFieldReader<T, I>()...};
}(std::make_index_sequence<kFieldCount<T>>());

// See kHasPlainJson.
template <typename T>
inline constexpr bool kAllHaveCsvPlain = []<size_t... I>(std::index_sequence<I...>) {
  return (HasCsvPlain<MemberOf<T, I>> && ...);
}(std::make_index_sequence<kFieldCount<T>>());
template <typename T>
inline constexpr bool kHasPlainCsv =
    kReadsPlainValues && (kAllHaveCsvPlain<T> || std::is_trivially_copyable_v<T>);

// Reads the field that begins at `p` by its codec's Read; returns its end, or null if the record has to be read
// strictly.
const char* ReadPlainFieldStrictly(const char* p, const CsvFieldReader& field, PlainInput& in,
                                   void* record);

// Reads field I, whose column begins at `p`, and moves `p` behind the separator; `seen` loses its bit if it is
// absent.
template <typename T, size_t I>
[[gnu::always_inline]] inline bool ReadNextPlainColumn(const char*& p, PlainInput& in, T& out,
                                                       uint64_t& seen) {
  constexpr bool kIsLast = I + 1 == kFieldCount<T>;
  using Member = MemberOf<T, I>;
  const auto is_end = [&](const char* at) {
    return kIsLast ? at == in.end() : at < in.end() && *at == in.separator();
  };
  const char* end = nullptr;
  if (MayLack<T, I>() && !kIsOptional<Member> && is_end(p)) [[unlikely]] {
    seen &= ~(uint64_t{1} << I);
    end = p;
  } else {
    if constexpr (HasCsvPlain<Member>) {
      end = CsvCodec<Member>::ReadPlain(p, in, out.*std::get<I>(Mapping<T>::kFields).member);
    }
    if (end == nullptr || !is_end(end)) [[unlikely]] {
      end = ReadPlainFieldStrictly(p, kCsvFields<T>[I], in, &out);
      if (end == nullptr || !is_end(end)) return false;
    }
  }
  p = end + 1;
  return true;
}

// Reads a plain record whose columns are the mapping's fields in declared order. `seen`, which has a bit for
// each field, loses those of absent ones. False if the record has to be read strictly.
template <typename T>
[[gnu::always_inline]] inline bool ReadPlainColumns(const char* p, PlainInput& in, T& out,
                                                    uint64_t& seen) {
  return [&]<size_t... I>(std::index_sequence<I...>) {
    return (ReadNextPlainColumn<T, I>(p, in, out, seen) && ...);
  }(std::make_index_sequence<kFieldCount<T>>());
}

}  // namespace rtstream::internal
