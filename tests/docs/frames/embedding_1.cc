
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"

struct Gathered final : rt::Logger {
  void Log(rt::LogLevel level, std::string_view) override { has_errors = has_errors || level == rt::LogLevel::kError; }
  bool has_errors = false;
};

TEST(Embedding, AServiceStartsAndStops) {
  rt::MemorySource<int64_t> numbers;
  rt::MemorySink<int64_t> out;
  rt::MemoryStateStore store;
  Gathered log;
  EXPECT_THAT(Serve(rt::From(numbers) | rt::To(out), store, log), rt::testing::IsOk());
  EXPECT_FALSE(log.has_errors);
}
