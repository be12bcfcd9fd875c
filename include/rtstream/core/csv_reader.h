#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rtstream/base/arena.h"
#include "rtstream/core/csv_codec.h"
#include "rtstream/core/csv_splitter.h"
#include "rtstream/core/mapping.h"

namespace rtstream {

struct CsvOptions {
  // Names of the columns, in the file's order; empty: the mapping's fields in declared order.
  std::vector<std::string> columns = {};
  char separator = ',';  // ',' ';' '|' or a tab
  CsvLimits limits = {};
};

namespace internal {

// A field of a mapping without its types: how the loop over columns, which is compiled once, reads it.
struct CsvFieldReader {
  std::string_view name;
  bool (*read)(CsvField& in, void* record);
  // How an empty field is taken: see IsAbsent. An optional member is read also when it is absent.
  bool may_be_absent;
  bool reads_empty;
  bool needs_column;
};

template <typename T, size_t I>
bool ReadCsvField(CsvField& in, void* record) {
  constexpr auto kField = std::get<I>(Mapping<T>::kFields);
  auto& member = static_cast<T*>(record)->*kField.member;
  return CsvCodec<std::remove_cvref_t<decltype(member)>>::Read(in, member);
}

template <typename T, size_t I>
consteval CsvFieldReader MakeCsvFieldReader() {
  constexpr auto kField = std::get<I>(Mapping<T>::kFields);
  using Member = typename std::remove_cvref_t<decltype(kField)>::Member;
  constexpr bool kMayBeAbsent = MayLack<T, I>();
  return {kField.name, &ReadCsvField<T, I>, kMayBeAbsent && !kIsOptional<Member>,
          kReadsEmpty<Member>, !kMayBeAbsent};
}

template <typename T>
inline constexpr auto kCsvFields = []<size_t... I>(std::index_sequence<I...>) {
  return std::array<CsvFieldReader, sizeof...(I)>{MakeCsvFieldReader<T, I>()...};
}(std::make_index_sequence<kFieldCount<T>>());

// The columns of a file, and the field that each goes to.
class CsvColumns {
 public:
  static absl::StatusOr<CsvColumns> Make(absl::Span<const CsvFieldReader> fields,
                                         const CsvOptions& options);

  // Reads one record; `seen` gets a bit for each field that was there.
  absl::Status Read(std::string_view text, Arena& arena, void* record, uint64_t& seen);

 private:
  static constexpr size_t kSkipped = ~size_t{0};

  CsvColumns(absl::Span<const CsvFieldReader> fields, CsvOptions options)
      : fields_(fields), options_(std::move(options)) {}
  absl::Status Check();
  absl::Status Refuse(size_t column, std::string_view want, const char* at,
                      std::string_view text) const;

  absl::Span<const CsvFieldReader> fields_;
  CsvOptions options_;
  std::vector<size_t> field_of_;   // of each column
  std::vector<CsvSpan> spans_;     // of the record at hand
};

}  // namespace internal

// Reads CSV records strictly (RFC 4180, UTF-8) by T's mapping:
//
//   auto reader = rt::CsvReader<Sale>::Make({.columns = {"sku", "price"}, .separator = ';'});
//   if (reader.ok()) status = reader->Read("TSHIRT-001;24.99", arena, sale);
//
// Columns that the mapping does not know are checked for their quotes and skipped. A field that may be
// absent is absent if it has no column, or if its field in the record is empty without quotes; "" is an
// empty text.
//
// Movable; not thread-safe.
template <Mapped T>
class CsvReader {
 public:
  // InvalidArgument names the column: it comes twice, or a field that every record must have has none;
  // or the separator is none.
  static absl::StatusOr<CsvReader> Make(const CsvOptions& options) {
    auto columns = internal::CsvColumns::Make(internal::kCsvFields<T>, options);
    if (!columns.ok()) return std::move(columns).status();
    return CsvReader(*std::move(columns));
  }

  // Reads one record, given without its line end. Views in `out` point into `text` or the arena.
  // Members of absent fields keep what they hold; optional ones are emptied if there is a column.
  //
  // InvalidArgument, saying the field, what was wanted and met, and the byte: the text is not one
  // record of UTF-8 within the limits and with as many fields as there are columns, a field has another
  // type or is out of range, or is missing. `out` is then in an unspecified state.
  absl::Status Read(std::string_view text, Arena& arena, T& out) {
    uint64_t seen = 0;
    absl::Status status = columns_.Read(text, arena, &out, seen);
    if (!status.ok()) return status;
    if (seen == internal::kAllFields<T>) [[likely]] return status;
    const size_t missing = internal::FirstMissing(out, seen);
    if (missing == internal::kFieldCount<T>) return status;
    return internal::MissingFieldError(internal::kCsvFields<T>[missing].name);
  }

 private:
  explicit CsvReader(internal::CsvColumns columns) : columns_(std::move(columns)) {}

  internal::CsvColumns columns_;
};

}  // namespace rtstream
