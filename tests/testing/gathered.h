#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rtstream/core/batch.h"

namespace rtstream::testing {

// What a sink has of rows until it sends them.
class Gathered {
 protected:
  void Gather(const Rows<std::string>& rows) {
    for (size_t i = 0; i < rows.size(); ++i) {
      open_.push_back(rows[i]);
      bytes_ += rows[i].size();
    }
  }
  std::vector<std::string> open_;
  uint64_t bytes_ = 0;
};

}  // namespace rtstream::testing
