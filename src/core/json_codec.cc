#include "rtstream/core/json_codec.h"

namespace rtstream {

void AppendJsonString(std::string_view text, std::string& out) { AppendJsonValue(text, out); }

namespace internal {

bool ReadJsonTime(JsonCursor& in, Time& out) {
  std::string_view text;
  if (!in.ReadString(text)) return false;
  absl::StatusOr<Time> time = ParseRfc3339(text);
  if (!time.ok()) return in.Fail("a time of RFC 3339");
  out = *time;
  return true;
}

}  // namespace internal
}  // namespace rtstream
