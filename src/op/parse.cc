#include "rtstream/op/parse.h"

#include "rtstream/base/text.h"

namespace rtstream::internal {

absl::Status OversizeError(const Context& ctx) {
  return absl::ResourceExhaustedError(
      Concat("record of ", ctx.frame().meta(ctx.row()).raw_size,
                   " bytes is longer than the source keeps"));
}

}  // namespace rtstream::internal
