#include "rtstream/state/run_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;

std::vector<uint32_t> RandomHashes(Random& random, size_t n) {
  std::vector<uint32_t> hashes;
  while (hashes.size() < n) hashes.push_back(static_cast<uint32_t>(random.Next()));
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

TEST(FilterLine, ContainsWhatItWasMadeOfHoweverMuchThatIs) {
  Random random(TestSeed());
  for (size_t n = 0; n <= 150; ++n) {
    std::vector<uint32_t> hashes = RandomHashes(random, n);
    if (n > 2) hashes.front() = 0;
    if (n > 2) hashes.back() = ~uint32_t{0};
    if (n > 8) hashes[4] = hashes[5] = hashes[6];
    const FilterLine line = FilterLine::Of(hashes);
    for (const uint32_t hash : hashes) ASSERT_TRUE(line.MayContain(hash)) << n;
  }
}

TEST(FilterLine, HashesOfOneCellAreContained) {
  Random random(TestSeed());
  for (size_t n = 1; n <= 100; ++n) {
    std::vector<uint32_t> hashes;
    for (size_t i = 0; i < n; ++i) hashes.push_back(0x80000000 + static_cast<uint32_t>(i));
    const FilterLine line = FilterLine::Of(hashes);
    for (const uint32_t hash : hashes) ASSERT_TRUE(line.MayContain(hash)) << n;
  }
}

TEST(FilterLine, EmptyContainsNothingAndOneThatIsTooFullEverything) {
  Random random(TestSeed());
  const FilterLine empty = FilterLine::Of({});
  const FilterLine full = FilterLine::Of(RandomHashes(random, 300));
  for (int i = 0; i < 1'000; ++i) {
    const auto hash = static_cast<uint32_t>(random.Next());
    EXPECT_FALSE(empty.MayContain(hash));
    EXPECT_TRUE(full.MayContain(hash));
  }
}

TEST(RunFilter, OneOf450NewHashesAtMostIsTakenForKnownAtTwelveBitsAHash) {
  Random random(TestSeed());
  constexpr size_t kHashes = 400'000;
  const uint64_t count = RunFilter::LinesFor(kHashes);
  std::vector<std::vector<uint32_t>> by_line(count);
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < kHashes; ++i) {
    hashes.push_back(random.Next());
    const RunFilter::Place place = RunFilter::PlaceOf(hashes.back(), count);
    by_line[place.line].push_back(place.in_line);
  }
  std::vector<FilterLine> lines;
  for (std::vector<uint32_t>& line : by_line) {
    std::sort(line.begin(), line.end());
    lines.push_back(FilterLine::Of(line));
  }
  EXPECT_LE(lines.size() * sizeof(FilterLine) * 8, 12 * kHashes + 512);
  const RunFilter filter(lines.data(), count);
  for (const uint64_t hash : hashes) ASSERT_TRUE(filter.MayContain(hash));
  constexpr size_t kTries = 1'000'000;
  size_t wrong = 0;
  for (size_t i = 0; i < kTries; ++i) wrong += filter.MayContain(random.Next());
  EXPECT_LE(wrong, kTries / 450);
  RecordProperty("false_positives_per_million", static_cast<int>(wrong));
}

}  // namespace
}  // namespace rtstream
