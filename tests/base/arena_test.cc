#include "rtstream/base/arena.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

constexpr size_t kBlock = 64 * 1024;

TEST(Arena, KeepsWhatItGaveOutUntilItIsCleared) {
  testing::Random random(TestSeed());
  Arena arena;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::pair<std::string, std::string_view>> copies;
    for (int i = 0; i < 300; ++i) {
      std::string text(random.Below(random.Chance(0.02) ? 3 * kBlock : 2000), 'x');
      for (char& c : text) c = static_cast<char>(random.Next());
      const std::string_view copy = arena.Copy(text);
      copies.emplace_back(std::move(text), copy);
    }
    for (const auto& [text, copy] : copies) ASSERT_EQ(copy, text);
    arena.Clear();
  }
}

TEST(Arena, UsesItsBlocksAgain) {
  Arena arena;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 10; ++i) arena.Allocate(kBlock / 2);
    EXPECT_EQ(arena.memory(), 5 * kBlock);
    arena.Clear();
  }
  EXPECT_EQ(arena.memory(), 5 * kBlock);
}

TEST(Arena, FreesBlocksOfUnusualSize) {
  Arena arena;
  arena.Allocate(1);
  arena.Allocate(kBlock + 1);
  EXPECT_EQ(arena.memory(), 2 * kBlock + 1);
  arena.Clear();
  EXPECT_EQ(arena.memory(), kBlock);
}

TEST(Arena, HasNoMemoryBeforeItIsUsed) {
  Arena arena;
  EXPECT_EQ(arena.Copy(""), "");
  arena.Clear();
  EXPECT_EQ(arena.memory(), 0u);
}

}  // namespace
}  // namespace rtstream
