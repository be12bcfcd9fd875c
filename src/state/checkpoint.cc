#include "rtstream/state/checkpoint.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "../base/mutant.h"
#include "rtstream/base/hash.h"

namespace rtstream {
namespace {

constexpr size_t kLongestName = 64;

}  // namespace

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

absl::Status CheckStateNames(std::string_view op, std::vector<std::string_view> names) {
  for (std::string_view name : names) {
    if (IsName(name)) continue;
    return absl::InvalidArgumentError(
        Concat("operator '", op, "': a state is named '", absl::CHexEscape({name.data(), name.size()}),
               "', want 1 to 64 letters, digits, '_', '-' or '.'"));
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("operator '", op, "': two states are named '", *twice, "'"));
}

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
  if (sum != Checksum(body) && !RTSTREAM_MUTANT("damage_is_taken")) {
    return absl::DataLossError(Concat(what, " does not fit its checksum"));
  }
  return body;
}

std::string OrderedHex(uint64_t v) { return absl::StrFormat("%016x", v); }

}  // namespace rtstream
