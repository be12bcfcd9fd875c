#include "rtstream/state/checkpoint.h"

#include <cstring>

#include "absl/strings/str_format.h"
#include "rtstream/base/hash.h"

namespace rtstream {

void SealBlock(std::string& block) {
  const uint64_t sum = Checksum(block);
  block.append(reinterpret_cast<const char*>(&sum), sizeof sum);
}

absl::StatusOr<std::string_view> OpenBlock(std::string_view block, std::string_view what) {
  uint64_t sum = 0;
  if (block.size() < sizeof sum) {
    return absl::DataLossError(Concat(what, " is cut short: ", block.size(), " bytes"));
  }
  std::string_view body = block.substr(0, block.size() - sizeof sum);
  std::memcpy(&sum, block.data() + body.size(), sizeof sum);
  if (sum != Checksum(body)) {
    return absl::DataLossError(Concat(what, " does not fit its checksum"));
  }
  return body;
}

std::string OrderedHex(uint64_t v) { return absl::StrFormat("%016x", v); }

}  // namespace rtstream
