#pragma once

#include <memory>
#include <string_view>

#include "benchmarks/workload/sale.h"

namespace bench {

// Reads sales with simdjson's on-demand parser, a line at a time: by name, in any order, strictly.
//
// Not thread-safe.
class SaleReader {
 public:
  SaleReader();
  ~SaleReader();

  // False: the line is not a sale, and `out` holds anything. Texts are valid until the next call.
  // REQUIRES: Lines::kPadding bytes behind the line may be read.
  bool Read(std::string_view line, Sale& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bench
