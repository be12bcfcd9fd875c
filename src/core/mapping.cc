#include "rtstream/core/mapping.h"

#include "rtstream/base/text.h"

namespace rtstream::internal {

absl::Status MissingFieldError(std::string_view name) {
  return absl::InvalidArgumentError(Concat(name, ": want the field, it is missing"));
}

}  // namespace rtstream::internal
