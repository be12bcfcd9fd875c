#include "rtstream/io/memory_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::IsOk;
using testing::Random;

TEST(MemoryTable, FindsWhatWasPutLastAndLeavesTheRestNull) {
  MemoryTable<int> table;
  table.Put("a", 1);
  table.Put("a", 2);
  const std::vector<std::string_view> keys{"a", "b", "a"};
  std::vector<const int*> found(3, nullptr);
  ASSERT_THAT(table.Lookup(keys, absl::MakeSpan(found)), IsOk());
  EXPECT_EQ(*found[0], 2);
  EXPECT_EQ(found[1], nullptr);
  EXPECT_EQ(found[2], found[0]);
  EXPECT_EQ(table.size(), 1u);
}

TEST(MemoryTable, HoldsTruthValues) {
  MemoryTable<bool> table;
  table.Put("a", true);
  const std::string_view key = "a";
  const bool* found = nullptr;
  ASSERT_THAT(table.Lookup(absl::MakeConstSpan(&key, 1), absl::MakeSpan(&found, 1)), IsOk());
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(*found);
}

TEST(MemoryTable, AnswersAsAMapDoesForTextsOfEveryLength) {
  Random random(TestSeed());
  MemoryTable<uint64_t> table;
  std::map<std::string, uint64_t, std::less<>> model;
  const auto draw = [&] {
    std::string key(random.Below(20), 'k');
    for (char& c : key) c = static_cast<char>('a' + random.Below(3));
    return key;
  };
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 100; ++i) {
      const std::string key = draw();
      const uint64_t value = random.Next();
      table.Put(key, value);
      model[key] = value;
    }
    std::vector<std::string> texts;
    for (uint64_t n = random.Below(200); n > 0; --n) texts.push_back(draw());
    const std::vector<std::string_view> keys(texts.begin(), texts.end());
    std::vector<const uint64_t*> found(keys.size(), nullptr);
    ASSERT_THAT(table.Lookup(keys, absl::MakeSpan(found)), IsOk());
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto known = model.find(keys[i]);
      ASSERT_EQ(found[i] != nullptr, known != model.end()) << keys[i];
      if (found[i] != nullptr) {
        ASSERT_EQ(*found[i], known->second);
      }
    }
  }
  EXPECT_EQ(table.size(), model.size());
}

}  // namespace
}  // namespace rtstream
