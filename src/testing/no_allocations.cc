#include "rtstream/testing/no_allocations.h"

#include <cstdint>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/testing/allocations.h"

namespace rtstream::testing {

absl::Status AssertNoAllocations(PipelineDriver& driver) {
  if (driver.lanes() > 1) {
    return absl::InvalidArgumentError(Concat("want one lane, got ", driver.lanes(), ": each drain starts them anew"));
  }
  const uint64_t records_before = driver.Stats("source").out;
  const uint64_t before = AllocationsOfThread();
  absl::Status drained = driver.Drain();
  const uint64_t allocations = AllocationsOfThread() - before;
  RTSTREAM_RETURN_IF_ERROR(drained);
  const uint64_t records = driver.Stats("source").out - records_before;
  if (records == 0) return absl::FailedPreconditionError("want records to tell by, got none");
  if (allocations == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("want no allocation once the pipeline is warm, got ", allocations, " for ", records, " records"));
}

}  // namespace rtstream::testing
