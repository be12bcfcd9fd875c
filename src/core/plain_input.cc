#include "rtstream/core/plain_input.h"

#include <string>

#include "absl/status/statusor.h"
#include "rtstream/base/time.h"

namespace rtstream {

bool PlainInput::ReadAnotherDay(const char* p) {
  constexpr size_t kDaySize = 10;
  const absl::StatusOr<Time> midnight = ParseRfc3339(std::string(p, kDaySize) + "T00:00:00Z");
  if (!midnight.ok()) return false;
  day_head_ = internal::LoadWord<uint64_t>(p);
  day_tail_ = internal::LoadWord<uint16_t>(p + 8);
  midnight_ = midnight->time_since_epoch().count();
  return true;
}

}  // namespace rtstream
