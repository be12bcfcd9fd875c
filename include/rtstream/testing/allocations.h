#pragma once

#include <cstdint>

namespace rtstream::testing {

// How often operator new was called since the program began: to assert that a pipeline takes no memory for
// a record once it is warm.
//
//   ASSERT_TRUE(driver.Drain().ok());                  // buffers and tables get their size
//   orders.Push(...);
//   const uint64_t before = rt::testing::AllocationsOfThread();
//   ASSERT_TRUE(driver.Drain().ok());
//   EXPECT_EQ(rt::testing::AllocationsOfThread(), before);
//
// A program that calls one of these gets the library's operator new, which counts and calls malloc; it
// cannot have one of its own. What calls malloc or mmap itself is not seen. Any thread.
uint64_t AllocationsOfThread();
// The same of all threads.
uint64_t AllocationsOfProcess();

}  // namespace rtstream::testing
