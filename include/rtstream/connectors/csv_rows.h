#pragma once

#include <string>

#include "rtstream/core/csv_writer.h"

namespace rtstream {

// Writes rows of a file sink as CSV (RFC 4180 with LF) by the mapping declared for the row; CsvReader and
// ParseCsv read them.
//
//   rt::FileSink<Sale, rt::CsvRows> sales("sales", "/data/out/sales.csv", {.has_header = true});
struct CsvRows {
  // Whether the file's first line holds the names of the fields. It comes with the first row.
  bool has_header = false;
  // ',' ';' '|' or a tab.
  char separator = ',';

  // Appends the row; it cannot fail.
  template <Mapped T>
  void operator()(const T& row, std::string& out) const {
    AppendCsv(row, out, separator);
  }
  // Appends the names of the fields as a line, if they are wanted.
  template <Mapped T>
  void Head(std::string& out) const {
    if (!has_header) return;
    AppendCsvHeader<T>(out, separator);
    out.push_back('\n');
  }
};

}  // namespace rtstream
