#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtstream/base/pages.h"

namespace bench {

// NDJSON in memory, in huge pages where the kernel has them: the input of W1. Every line ends with LF,
// and behind the last one kPadding bytes may be read.
class Lines {
 public:
  static constexpr size_t kPadding = 128;

  // The first `most` lines of a file; all, if it has fewer.
  static absl::StatusOr<Lines> Read(const std::string& path, uint64_t most);
  // What `retail generate --events N --seed 1 --invalid 0.005 --late 0` writes.
  static absl::StatusOr<Lines> Generate(uint64_t events);
  // These lines, for tests.
  static Lines Copy(std::string_view text);

  std::string_view text() const { return {pages_.data(), size_}; }
  uint64_t count() const { return count_; }

 private:
  Lines(rtstream::Pages pages, size_t size);

  rtstream::Pages pages_;
  size_t size_ = 0;
  uint64_t count_ = 0;
};

}  // namespace bench
