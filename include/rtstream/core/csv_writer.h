#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "rtstream/core/csv_codec.h"
#include "rtstream/core/csv_splitter.h"
#include "rtstream/core/mapping.h"

namespace rtstream {
namespace internal {

// Puts quotes around what stands in `out` from `begin` on, if a reader needs them.
void QuoteCsvField(size_t begin, char separator, std::string& out);

// Appends field I of the record, and its separator.
template <typename T, size_t I>
void AppendCsvField(const T& record, char separator, std::string& out) {
  constexpr auto kField = std::get<I>(Mapping<T>::kFields);
  using Member = typename std::remove_cvref_t<decltype(kField)>::Member;
  const Member& value = record.*kField.member;
  if (I > 0) out.push_back(separator);
  const size_t begin = out.size();
  CsvCodec<Member>::Append(value, out);
  if (out.size() > begin) {
    QuoteCsvField(begin, separator, out);
    return;
  }
  // An empty text is told from an absent one, and a record of one field from an empty line.
  bool is_value = false;
  if constexpr (kIsOptional<Member>) {
    is_value = value.has_value();
  } else {
    is_value = kReadsEmpty<Member> && MayLack<T, I>();
  }
  if (is_value || kFieldCount<T> == 1) out.append("\"\"");
}

}  // namespace internal

// Appends the record as one line of CSV (RFC 4180) without its line end, fields in declared order, with
// quotes where they are needed. CsvReader reads it back.
// REQUIRES: texts are UTF-8 without NUL, doubles are finite; `separator` is ',' ';' '|' or a tab.
template <Mapped T>
void AppendCsv(const T& record, std::string& out, char separator = ',') {
  (void)sizeof(internal::CheckedMapping<T>);
  [&]<size_t... I>(std::index_sequence<I...>) {
    (internal::AppendCsvField<T, I>(record, separator, out), ...);
  }(std::make_index_sequence<internal::kFieldCount<T>>());
}

// Appends the names of T's fields as the first line of a file, without its line end.
template <Mapped T>
void AppendCsvHeader(std::string& out, char separator = ',') {
  (void)sizeof(internal::CheckedMapping<T>);
  bool is_first = true;
  for (std::string_view name : internal::FieldNames<T>()) {
    if (!std::exchange(is_first, false)) out.push_back(separator);
    const size_t begin = out.size();
    out.append(name);
    internal::QuoteCsvField(begin, separator, out);
  }
}

}  // namespace rtstream
