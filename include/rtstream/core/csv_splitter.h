#pragma once

#include <cstddef>
#include <string_view>

#include "absl/types/span.h"

namespace rtstream {

// What a CSV reader takes at most: checked before anything is allocated.
struct CsvLimits {
  size_t record = 1 << 20;   // bytes
  size_t field = 256 << 10;  // bytes
};

namespace internal {

// One field of a record, as it stands there but for the quotes around it.
struct CsvSpan {
  std::string_view text;
  bool is_quoted = false;
  bool has_doubled_quotes = false;  // "" stands for one quote
};

// Why a record was refused: what was wanted, in which field and where.
struct CsvError {
  std::string_view want;
  size_t field = 0;
  const char* at = nullptr;
};

// Whether a CSV file may separate its fields with `c`: one that no number or time contains.
constexpr bool IsCsvSeparator(char c) { return c == ',' || c == ';' || c == '\t' || c == '|'; }

// Cuts the bytes of one record, without its line end, into fields, strictly by RFC 4180: a quote stands
// around a whole field or doubled inside one; line ends only between quotes. All must be UTF-8 without
// NUL.
//
// Returns the number of fields and sets the first fields.size() of them, also when there are more.
// `error.want` is set if the record is refused. REQUIRES: IsCsvSeparator(separator).
size_t SplitCsv(std::string_view record, char separator, const CsvLimits& limits,
                absl::Span<CsvSpan> fields, CsvError& error);

}  // namespace internal
}  // namespace rtstream
