#include "rtstream/state/block_arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;

constexpr size_t kHuge = Pages::kHugePage;

TEST(BlockArena, SizesArePowersOfTwoAndThenWholePages) {
  EXPECT_EQ(BlockArena::SizeFor(1), 256u);
  EXPECT_EQ(BlockArena::SizeFor(256), 256u);
  EXPECT_EQ(BlockArena::SizeFor(257), 512u);
  EXPECT_EQ(BlockArena::SizeFor(kHuge), kHuge);
  EXPECT_EQ(BlockArena::SizeFor(kHuge + 1), 2 * kHuge);
  EXPECT_EQ(BlockArena::SizeFor(2 * kHuge + 1), 3 * kHuge);
}

TEST(BlockArena, BlocksAreZeroedAndDoNotOverlapUnderRandomUse) {
  Random random(TestSeed());
  BlockArena arena;
  std::map<char*, size_t> taken;
  for (int i = 0; i < 3000; ++i) {
    if (taken.empty() || random.Chance(0.55)) {
      const size_t size = BlockArena::SizeFor(size_t{1} << random.Below(22));
      char* const block = arena.Take(size);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u);
      ASSERT_TRUE(std::all_of(block, block + size, [](char c) { return c == 0; }));
      std::memset(block, 0xff, size);
      const auto after = taken.emplace(block, size).first;
      if (after != taken.begin()) {
        ASSERT_LE(std::prev(after)->first + std::prev(after)->second, block);
      }
      if (std::next(after) != taken.end()) {
        ASSERT_LE(block + size, std::next(after)->first);
      }
    } else {
      auto some = std::next(taken.begin(), static_cast<std::ptrdiff_t>(random.Below(taken.size())));
      arena.Give(some->first, some->second);
      taken.erase(some);
    }
  }
}

TEST(BlockArena, HalvesThatAreFreeBecomeOneBlockAgain) {
  BlockArena arena;
  std::vector<char*> blocks;
  for (size_t i = 0; i < kHuge / 256; ++i) blocks.push_back(arena.Take(256));
  EXPECT_EQ(arena.memory(), kHuge);
  for (char* block : blocks) arena.Give(block, 256);
  arena.Take(kHuge / 2);
  arena.Take(kHuge / 2);
  EXPECT_EQ(arena.memory(), kHuge);
}

TEST(BlockArena, WholePagesGoBackToTheSystem) {
  BlockArena arena;
  char* const block = arena.Take(3 * kHuge);
  EXPECT_EQ(arena.memory(), 3 * kHuge);
  arena.Give(block, 3 * kHuge);
  EXPECT_EQ(arena.memory(), 0u);
}

TEST(BlockArena, TakesItsPagesFromThePool) {
  PagePool pool;
  pool.Take();
  pool.Fill();
  const size_t ready = pool.ready();
  ASSERT_GT(ready, 0u);
  BlockArena arena;
  arena.UsePages(pool);
  arena.Take(256);
  EXPECT_EQ(pool.ready(), ready - 1);
}

}  // namespace
}  // namespace rtstream
