#include "rtstream/base/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/base/seed.h"

namespace rtstream {
namespace {

using std::chrono::milliseconds;

std::vector<Duration> Waits(const Backoff::Options& options, int n) {
  Backoff backoff(options);
  std::vector<Duration> waits;
  for (int i = 0; i < n; ++i) waits.push_back(backoff.Next());
  return waits;
}

TEST(Backoff, StaysBelowABoundThatDoublesUpToTheLargest) {
  const uint64_t seed = TestSeed();
  for (uint64_t k = 0; k < 1000; ++k) {
    Duration bound = milliseconds(10);
    for (const Duration wait : Waits({.initial = milliseconds(10), .max = milliseconds(100), .seed = seed + k}, 8)) {
      ASSERT_GE(wait, Duration(0));
      ASSERT_LE(wait, bound);
      bound = std::min<Duration>(bound * 2, milliseconds(100));
    }
  }
}

TEST(Backoff, SpreadsWaitsOverTheWholeRange) {
  Duration shortest = Duration::max(), longest{0};
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const Duration wait = Waits({.initial = milliseconds(10), .seed = seed}, 1)[0];
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  EXPECT_LT(shortest, milliseconds(1));
  EXPECT_GT(longest, milliseconds(9));
}

TEST(Backoff, IsTheSameForTheSameSeed) {
  EXPECT_EQ(Waits({.seed = 7}, 20), Waits({.seed = 7}, 20));
  EXPECT_NE(Waits({.seed = 7}, 20), Waits({.seed = 8}, 20));
}

TEST(Backoff, DoesNotOverflowWithoutALargestWait) {
  for (const Duration wait : Waits({.max = Duration::max()}, 100)) EXPECT_GE(wait, Duration(0));
  for (const Duration wait : Waits({.initial = Duration::max(), .max = Duration::max()}, 3)) {
    EXPECT_GE(wait, Duration(0));
  }
}

TEST(Backoff, OfNothingDoesNotWait) {
  EXPECT_EQ(Waits({.initial = Duration(0)}, 3), std::vector<Duration>(3));
  EXPECT_EQ(Waits({.initial = Duration(-5)}, 3), std::vector<Duration>(3));
}

}  // namespace
}  // namespace rtstream
