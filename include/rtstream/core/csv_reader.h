#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rtstream/base/arena.h"
#include "rtstream/core/csv_codec.h"
#include "rtstream/core/csv_plain.h"
#include "rtstream/core/csv_splitter.h"
#include "rtstream/core/mapping.h"
#include "rtstream/core/plain_input.h"

namespace rtstream {

// How lines of CSV are read.
struct CsvOptions {
  // Names of the columns, in the file's order; empty: the mapping's fields in declared order.
  std::vector<std::string> columns = {};
  char separator = ',';   // ',' ';' '|' or a tab
  CsvLimits limits = {};  // longer records and fields are refused
};

namespace internal {

// The columns of a file, and the field that each goes to.
class CsvColumns {
 public:
  static absl::StatusOr<CsvColumns> Make(absl::Span<const CsvFieldReader> fields,
                                         const CsvOptions& options);

  // Reads one record; `seen` gets a bit for each field that was there.
  absl::Status Read(std::string_view text, Arena& arena, void* record, uint64_t& seen);

  // Makes ready to read plain fields; null if the record has to be read strictly. `readable_end`: the bytes up
  // to it may be read. Returns where to read, which is a copy of the text if what is behind it does not do.
  const char* BeginPlain(std::string_view text, const char* readable_end) {
    const char* const end = text.data() + text.size();
    if (text.size() > longest_plain_) [[unlikely]] return nullptr;
    if (readable_end - end < static_cast<std::ptrdiff_t>(PlainInput::kReach) ||
        (*end != '\n' && *end != '\r')) [[unlikely]] {
      return BeginPlainCopy(text);
    }
    in_.Begin(text.data(), end, text.data());
    return text.data();
  }
  PlainInput& in() { return in_; }
  // Whether the columns are the mapping's fields in declared order.
  bool are_declared() const { return are_declared_; }
  // As Read, at `p`, if the record is plain; false if it has to be read strictly.
  bool ReadPlain(const char* p, void* record, uint64_t& seen);

 private:
  static constexpr size_t kSkipped = ~size_t{0};

  CsvColumns(absl::Span<const CsvFieldReader> fields, CsvOptions options)
      : fields_(fields), options_(std::move(options)) {}
  absl::Status Check();
  const char* BeginPlainCopy(std::string_view text);
  absl::Status Refuse(size_t column, std::string_view want, const char* at,
                      std::string_view text) const;

  absl::Span<const CsvFieldReader> fields_;
  CsvOptions options_;
  std::vector<size_t> field_of_;   // of each column
  std::vector<CsvSpan> spans_;     // of the record at hand
  bool are_declared_ = false;
  // No limit needs to be looked at in a text of this size.
  size_t longest_plain_ = 0;
  PlainInput in_;
  std::vector<char> copy_;
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
    return Read(text, text.data() + text.size(), arena, out);
  }
  // The same, faster if a line end and PlainInput::kReach bytes behind the text are readable: those up to
  // `readable_end`.
  absl::Status Read(std::string_view text, const char* readable_end, Arena& arena, T& out) {
    uint64_t seen = 0;
    if (!ReadPlain(text, readable_end, out, seen)) [[unlikely]] {
      ++strict_records_;
      seen = 0;
      absl::Status status = columns_.Read(text, arena, &out, seen);
      if (!status.ok()) return status;
    }
    if (seen == internal::kAllFields<T>) [[likely]] return absl::OkStatus();
    return internal::CheckPresent(out, seen);
  }

  // Records that were not plain, which took longer.
  uint64_t strict_records() const { return strict_records_; }

 private:
  explicit CsvReader(internal::CsvColumns columns) : columns_(std::move(columns)) {}

  [[gnu::always_inline]] bool ReadPlain(std::string_view text, const char* readable_end, T& out,
                                        uint64_t& seen) {
    if constexpr (internal::kHasPlainCsv<T>) {
      const char* const p = columns_.BeginPlain(text, readable_end);
      if (p == nullptr) [[unlikely]] return false;
      internal::Restorer<T, internal::kAllHaveCsvPlain<T>> restorer(out);
      if (columns_.are_declared()) [[likely]] {
        seen = internal::kAllFields<T>;
        if (internal::ReadPlainColumns(p, columns_.in(), out, seen)) [[likely]] return true;
      } else if (columns_.ReadPlain(p, &out, seen)) {
        return true;
      }
      restorer.Restore(out);
    }
    return false;
  }

  internal::CsvColumns columns_;
  uint64_t strict_records_ = 0;
};

}  // namespace rtstream
