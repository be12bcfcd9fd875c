#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace retail {

// Reads a small CSV file of two or three columns: calls `row` for each line behind the
// header, which must be `header`. InvalidArgument names the file and the line.
absl::Status ReadCsvFile(const std::string& path, std::string_view header,
                         absl::FunctionRef<absl::Status(const std::string_view* fields)> row);

}  // namespace retail
