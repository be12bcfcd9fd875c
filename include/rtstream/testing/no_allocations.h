#pragma once

#include "absl/status/status.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream::testing {

// Drains the pipeline, and says whether it took memory while it did. FailedPrecondition: it called operator
// new, or there was no record to tell by; the message has the numbers. InvalidArgument: it has several
// lanes. Errors of Drain() are returned.
//
//   orders.Push(...);                                   // of all keys that will come
//   ASSERT_THAT(driver.Drain(), IsOk());                // buffers and tables get their size
//   orders.Push(...);
//   EXPECT_THAT(rt::testing::AssertNoAllocations(driver), IsOk());
//
// End the pipeline with Discard() or a sink that keeps nothing: a MemorySink grows. Commits take memory for
// each, not for each record: with a long RunOptions::commit_interval none falls into the measurement. A
// MemorySource copies a batch that begins within one of its pieces of 4,096 records and ends within the next:
// push whole batches, or warm it with such a one.
//
// A program that calls this gets the operator new of allocations.h; it cannot have one of its own. The thread
// of `driver`.
absl::Status AssertNoAllocations(PipelineDriver& driver);

}  // namespace rtstream::testing
