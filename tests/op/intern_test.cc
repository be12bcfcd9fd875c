#include "rtstream/op/intern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rtstream/rtstream.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using testing::DeadLetterIs;
using testing::IsOk;
using testing::PipelineDriver;

struct Order {
  std::string store;
  uint32_t number = 0;
  bool operator==(const Order&) const = default;
};

class InternTest : public ::testing::Test {
 protected:
  void Push(std::initializer_list<const char*> stores) {
    for (const char* store : stores) in.Push({store});
  }
  Pipeline Make(uint32_t max_texts) {
    return From(in) | Intern("numbers", &Order::store, &Order::number, {.max_texts = max_texts}) |
           Tee("see", Branch<Order>() | To(out)) |
           Aggregate("orders", &Order::number, [](uint64_t& n, const Order&) { ++n; }) | Discard();
  }
  MemorySource<Order> in;
  MemorySink<Order> out{"out"};
};

TEST_F(InternTest, SameTextHasTheSameNumber) {
  PipelineDriver driver([&] { return Make(100); });
  Push({"a", "b", "a", "a store of a longer name", "b", "a store of a longer name"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre(Order{"a", 0}, Order{"b", 1}, Order{"a", 0},
                                     Order{"a store of a longer name", 2}, Order{"b", 1},
                                     Order{"a store of a longer name", 2}));
  EXPECT_EQ(driver.Stats("numbers").in, 6u);
}

TEST_F(InternTest, NumbersOutliveACrashWithTheStateThatTheyAreKeysOf) {
  PipelineDriver driver([&] { return Make(100); });
  Push({"a", "b"});
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_THAT(driver.Commit(), IsOk());
  Push({"c", "a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_THAT(driver.Crash(), IsOk());
  Push({"b"});
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_THAT(driver.Commit(), IsOk());
  std::vector<std::string> texts;
  ASSERT_THAT(ReadTexts(driver.store(), "numbers",
                        [&](std::string_view text) { texts.emplace_back(text); }),
              IsOk());
  std::vector<std::string> counts;
  ASSERT_THAT((ReadState<uint32_t, uint64_t>(driver.store(), "orders", kSumsTable,
                                             [&](const uint32_t& number, const uint64_t& n) {
                                               counts.push_back(Concat(texts.at(number), " ", n));
                                             })),
              IsOk());
  EXPECT_THAT(counts, ElementsAre("a 2", "b 2", "c 1"));
}

TEST_F(InternTest, RefusesANewTextWhenItKnowsTooMany) {
  PipelineDriver driver([&] { return Make(1); });
  Push({"a", "b", "a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre(Order{"a", 0}, Order{"a", 0}));
  EXPECT_THAT(driver.dead_letters(), ElementsAre(DeadLetterIs("numbers", absl::StatusCode::kResourceExhausted,
                                                              "want at most as many")));
}

}  // namespace
}  // namespace rtstream
