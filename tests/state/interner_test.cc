#include "rtstream/state/interner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::IsOk;
using testing::Random;
using testing::StatusIs;

class InternerTest : public ::testing::Test {
 protected:
  void Commit() {
    StateBatch batch;
    CheckpointWriter out(++epoch, "s/op/", batch);
    texts->Checkpoint(out);
    ASSERT_THAT(store.Apply(batch), IsOk());
  }
  absl::Status Restart() {
    texts = std::make_unique<Interner>();
    return texts->Restore(CheckpointReader("s/op/", store));
  }
  std::map<std::string, std::string> Blocks() {
    std::map<std::string, std::string> blocks;
    EXPECT_THAT(store.Scan("s/op/t/",
                           [&](std::string_view key, std::string_view value) {
                             blocks.emplace(key, value);
                             return absl::OkStatus();
                           }),
                IsOk());
    return blocks;
  }

  MemoryStateStore store;
  std::unique_ptr<Interner> texts = std::make_unique<Interner>();
  uint64_t epoch = 0;
};

TEST_F(InternerTest, ACopyOfNumbersKnowsWhatItWasTold) {
  const std::vector<std::string> all = {"", "a", "fifteen bytes..", "a text of more than 15 bytes",
                                        "never told"};
  Interner copy;
  for (size_t i = 0; i + 1 < all.size(); ++i) copy.Remember(all[i], static_cast<uint32_t>(100 - i));
  Interner::Ahead ahead;
  ahead.Begin(copy, {});
  for (size_t i = 0; i < all.size(); ++i) ahead.Prepare(copy, i, all[i]);
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    EXPECT_EQ(copy.Find(all[i]), 100 - i) << all[i];
    // Others are not looked for ahead.
    const bool is_short = !all[i].empty() && all[i].size() <= kLongestShortText;
    EXPECT_EQ(copy.FindPrepared(ahead, i), is_short ? 100 - i : Interner::kNone) << all[i];
  }
  EXPECT_EQ(copy.Find(all.back()), Interner::kNone);
  EXPECT_EQ(copy.FindPrepared(ahead, all.size() - 1), Interner::kNone);
  // Nor are any, when the table has moved.
  for (uint32_t i = 0; i < 10'000; ++i) copy.Remember("more " + std::to_string(i), i);
  EXPECT_EQ(copy.FindPrepared(ahead, 1), Interner::kNone);
  EXPECT_EQ(copy.Find(all[1]), 99u);
}

TEST_F(InternerTest, NumbersTextsAsTheyFirstCome) {
  EXPECT_EQ(texts->Intern("a"), 0u);
  EXPECT_EQ(texts->Intern(""), 1u);
  EXPECT_EQ(texts->Intern("a text of more than 15 bytes"), 2u);
  EXPECT_EQ(texts->Intern("a"), 0u);
  EXPECT_EQ(texts->Intern("a text of more than 15 bytes"), 2u);
  EXPECT_EQ(texts->text(2), "a text of more than 15 bytes");
  EXPECT_EQ(texts->size(), 3u);
}

TEST_F(InternerTest, KnowsNoMoreTextsThanItMay) {
  const std::string longer(40, 'x');
  EXPECT_EQ(texts->Intern("a", 1), 0u);
  EXPECT_EQ(texts->Intern("b", 1), Interner::kNone);
  EXPECT_EQ(texts->Intern(longer, 1), Interner::kNone);
  EXPECT_EQ(texts->Intern("a", 1), 0u);
  EXPECT_EQ(texts->size(), 1u);
}

TEST_F(InternerTest, KeepsTheNumbersOverCommitsAndCrashes) {
  Random random(TestSeed());
  std::vector<std::string> model, committed;
  for (int i = 0; i < 300; ++i) {
    for (uint64_t n = random.Below(30); n > 0; --n) {
      std::string text(random.Below(24), 'a');
      for (char& c : text) c = "\0ab"[random.Below(3)];
      const uint32_t number = texts->Intern(text);
      if (number == model.size()) model.push_back(text);
      ASSERT_EQ(model.at(number), text);
    }
    if (random.Chance(0.2)) {
      ASSERT_THAT(Restart(), IsOk());
      model = committed;
    }
    Commit();
    committed = model;
    std::vector<std::string> read;
    ASSERT_THAT(ReadTexts(store, "op", [&](std::string_view text) { read.emplace_back(text); }), IsOk());
    ASSERT_EQ(read, committed);
  }
}

TEST_F(InternerTest, BlocksAreFewAndEachTextIsWrittenSomeLog2Times) {
  uint64_t written = 0;
  for (int i = 0; i < 4096; ++i) {
    texts->Intern(std::to_string(i));
    StateBatch batch;
    CheckpointWriter out(++epoch, "s/op/", batch);
    texts->Checkpoint(out);
    ASSERT_THAT(store.Apply(batch), IsOk());
    written += batch.bytes();
  }
  EXPECT_LE(Blocks().size(), 13u);
  // A text takes five bytes, a block and its key some 60 more.
  EXPECT_LT(written, uint64_t{4096} * (5 * 12 + 2 * 60));
}

TEST_F(InternerTest, ACommitWithoutANewTextWritesNothing) {
  texts->Intern("a");
  Commit();
  texts->Intern("a");
  StateBatch batch;
  CheckpointWriter out(++epoch, "s/op/", batch);
  texts->Checkpoint(out);
  EXPECT_TRUE(batch.empty());
}

TEST_F(InternerTest, EveryDamagedBlockIsDataLoss) {
  texts->Intern("alpha");
  texts->Intern("beta");
  Commit();
  const std::string key = Blocks().begin()->first, good = Blocks().begin()->second;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    StateBatch batch;
    batch.Put(key, bad);
    ASSERT_THAT(store.Apply(batch), IsOk());
    EXPECT_THAT(Restart(), StatusIs(absl::StatusCode::kDataLoss)) << i;
  }
}

TEST_F(InternerTest, AMissingBlockIsDataLoss) {
  for (int i = 0; i < 100; ++i) texts->Intern(std::to_string(i));
  Commit();
  texts->Intern("one more");
  Commit();
  ASSERT_THAT(Blocks(), SizeIs(2));
  StateBatch batch;
  batch.Delete(Blocks().begin()->first);
  ASSERT_THAT(store.Apply(batch), IsOk());
  EXPECT_THAT(Restart(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("begins with number 100, want 0")));
}

}  // namespace
}  // namespace rtstream
