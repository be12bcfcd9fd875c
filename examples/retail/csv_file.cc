#include "examples/retail/csv_file.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "rtstream/base/text.h"

namespace retail {

namespace rt = rtstream;

absl::Status ReadCsvFile(const std::string& path, std::string_view header,
                         absl::FunctionRef<absl::Status(const std::string_view* fields)> row) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(rt::Concat("cannot open ", path));
  const auto columns = static_cast<size_t>(std::count(header.begin(), header.end(), ',')) + 1;
  std::vector<std::string_view> fields;
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
    fields.clear();
    for (size_t begin = 0; begin <= line.size();) {
      const size_t end = std::min(line.find(',', begin), line.size());
      fields.push_back(std::string_view(line).substr(begin, end - begin));
      begin = end + 1;
    }
    absl::Status status;
    if (fields.size() != columns) {
      status = absl::InvalidArgumentError(
          rt::Concat("want ", columns, " fields, got ", fields.size()));
    } else {
      status = row(fields.data());
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
