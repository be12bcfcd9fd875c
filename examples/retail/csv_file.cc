#include "examples/retail/csv_file.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "rtstream/base/text.h"

namespace retail {

namespace rt = rtstream;

namespace {

// Cuts a line at its commas. A field in quotes may hold commas, and two quotes for one (RFC 4180).
// False: a quote is not closed, or stands beside other text.
bool CutFields(std::string_view line, std::vector<std::string>& fields) {
  fields.assign(1, {});
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ',') {
      fields.emplace_back();
      continue;
    }
    if (line[i] != '"') {
      fields.back() += line[i];
      continue;
    }
    if (i > 0 && line[i - 1] != ',') return false;
    while (++i < line.size() && (line[i] != '"' || line.substr(i, 2) == "\"\"")) {
      fields.back() += line[i];
      if (line[i] == '"') ++i;
    }
    if (i >= line.size() || (i + 1 < line.size() && line[i + 1] != ',')) return false;
  }
  return true;
}

}  // namespace

absl::Status ReadCsvFile(const std::string& path, std::string_view header,
                         absl::FunctionRef<absl::Status(const std::string_view* fields)> row) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(rt::Concat("cannot open ", path));
  const auto columns = static_cast<size_t>(std::count(header.begin(), header.end(), ',')) + 1;
  std::vector<std::string> fields;
  std::string line;
  for (size_t number = 1; std::getline(file, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (number == 1) {
      if (line != header) {
        return absl::InvalidArgumentError(
            rt::Concat(path, ": want the header '", header, "' in line 1"));
      }
      continue;
    }
    if (line.empty()) continue;
    absl::Status status;
    if (!CutFields(line, fields)) {
      status = absl::InvalidArgumentError("want quotes around a whole field");
    } else if (fields.size() != columns) {
      status = absl::InvalidArgumentError(
          rt::Concat("want ", columns, " fields, got ", fields.size()));
    } else {
      status = row(std::vector<std::string_view>(fields.begin(), fields.end()).data());
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          rt::Concat(path, ", line ", number, ": ", rt::MessageOf(status)));
    }
  }
  if (file.bad()) return absl::UnavailableError(rt::Concat("cannot read ", path));
  return absl::OkStatus();
}

}  // namespace retail
