// KeyedState::ForEach, in an operator that looks for what is due.
#include "rtstream/state/keyed_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/apply.h"
#include "rtstream/op/assign_event_time.h"
#include "rtstream/op/key_by.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "tests/op/sale.h"

namespace rtstream {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using testing::IsOk;
using testing::PipelineDriver;

// Emits the skus of which nothing was sold for a minute.
template <typename Key>
struct Silent {
  using Input = Sale;
  using Output = std::string;
  KeyedState<Key, Time> last{"last"};
  auto States() { return std::tie(last); }

  template <typename Emit>
  absl::Status Process(const Sale& sale, Context&, Emit&&) {
    last.Put(KeyOf(sale), sale.at);
    return absl::OkStatus();
  }
  template <typename Emit>
  absl::Status OnWatermark(Time watermark, Emit&& emit) {
    std::vector<Key> due;
    RTSTREAM_RETURN_IF_ERROR(last.ForEach([&](const Key& key, const Time& at) {
      if (at + 1min <= watermark) due.push_back(key);
    }));
    for (const Key& key : due) {
      last.Erase(key);
      if constexpr (std::same_as<Key, std::string>) {
        emit(key);
      } else {
        emit(std::to_string(key));
      }
    }
    return absl::OkStatus();
  }
  static Key KeyOf(const Sale& sale) {
    if constexpr (std::same_as<Key, std::string>) {
      return sale.sku;
    } else {
      return sale.units;
    }
  }
};

template <typename Key>
class KeyedStateForEach : public ::testing::Test {
 protected:
  void Sell(std::string sku, int64_t number, int64_t second) { in_.Push({"", std::move(sku), number, At(second)}); }

  MemorySource<Sale> in_;
  MemorySink<std::string> out_;
  PipelineDriver driver_{[this]() -> Pipeline {
    return From(in_) | AssignEventTime(&Sale::at, {.max_ahead = 0s}) | Apply("silent", Silent<Key>{}) | To(out_);
  }};
};

using ForEachText = KeyedStateForEach<std::string>;
using ForEachNumber = KeyedStateForEach<int64_t>;

TEST_F(ForEachText, VisitsTheKeysInTheirOrder) {
  for (const char* sku : {"hat", "cap", "tie", "a cap that is longer than a small text"}) Sell(sku, 0, 0);
  Sell("new", 0, 60);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre("a cap that is longer than a small text", "cap", "hat", "tie"));
}

TEST_F(ForEachNumber, VisitsTheKeysInTheirOrder) {
  for (const int64_t number : {7, -3, 0, 1000}) Sell("", number, 0);
  Sell("", 5, 60);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre("-3", "0", "7", "1000"));
}

TEST_F(ForEachText, VisitsAfterACrashWhatWasCommitted) {
  Sell("hat", 0, 0);
  ASSERT_THAT(driver_.Drain(), IsOk());
  ASSERT_THAT(driver_.Commit(), IsOk());
  ASSERT_THAT(driver_.Crash(), IsOk());
  Sell("new", 0, 60);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre("hat"));
}

TEST_F(ForEachText, DoesNotVisitWhatWasErased) {
  Sell("hat", 0, 0);
  Sell("new", 0, 60);
  Sell("new", 0, 61);
  ASSERT_THAT(driver_.Drain(), IsOk());
  Sell("newer", 0, 62);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre("hat"));
}

TEST(KeyedStateOnLanes, EachLaneVisitsItsOwnKeys) {
  MemorySource<Sale> in;
  MemorySink<std::string> out;
  PipelineDriver driver(
      [&]() -> Pipeline {
        return From(in) | AssignEventTime(&Sale::at, {.max_ahead = 0s}) | KeyBy("sku", &Sale::sku) |
               Apply("silent", Silent<std::string>{}) | To(out);
      },
      {.lanes = 3});
  for (const char* sku : {"hat", "cap", "tie", "sock", "shoe"}) in.Push({"", sku, 0, At(0)});
  in.Push({"", "new", 0, At(60)});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), UnorderedElementsAre("hat", "cap", "tie", "sock", "shoe"));
}

}  // namespace
}  // namespace rtstream
