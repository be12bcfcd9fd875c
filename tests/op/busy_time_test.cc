#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/op/inspect.h"
#include "rtstream/op/tee.h"
#include "rtstream/op/update_state.h"
#include "rtstream/testing/matchers.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using namespace std::chrono_literals;
using testing::IsOk;

// Time passes in functions of the user only, as the manual clock stands still otherwise.
class BusyTimeTest : public SaleTestBase {
 protected:
  void Spend(Duration d) { driver_->clock().Advance(d); }
  uint64_t BusyMs(std::string_view op) { return driver_->Stats(op).busy_us / 1000; }
};

TEST_F(BusyTimeTest, CountsForTheOperatorThatSpendsIt) {
  Use([this] {
    return From(in_) |
           UpdateState("before", &Sale::sku,
                       [this](ItemUpdate<int64_t>&, const Sale& s) {
                         Spend(1ms);
                         return s;
                       }) |
           Tee("tee", Branch<Sale>() | Inspect("branch", [this](const Sale&) { Spend(10ms); }) |
                          Discard()) |
           UpdateState("behind", &Sale::sku,
                       [this](ItemUpdate<int64_t>&, const Sale& s) {
                         Spend(100ms);
                         return s;
                       }) |
           To(out_);
  });
  Push("a");
  Push("b");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(BusyMs("before"), 2u);
  EXPECT_EQ(BusyMs("branch"), 20u);
  EXPECT_EQ(BusyMs("behind"), 200u);
  EXPECT_EQ(BusyMs("source") + BusyMs("tee") + BusyMs("out"), 0u);
}

TEST_F(BusyTimeTest, OfFusedOperatorsCountsForTheFirst) {
  Use([this] {
    return From(in_) | Inspect("first", [](const Sale&) {}) |
           Inspect("second", [this](const Sale&) { Spend(1ms); }) | To(out_);
  });
  Push("a");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(BusyMs("first"), 1u);
  EXPECT_EQ(BusyMs("second"), 0u);
}

TEST_F(BusyTimeTest, BetweenStepsCountsForNobody) {
  Use([this] { return From(in_) | Inspect("look", [](const Sale&) {}) | To(out_); });
  Push("a");
  ASSERT_THAT(driver_->Drain(), IsOk());
  Spend(1h);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(BusyMs("source") + BusyMs("look") + BusyMs("out"), 0u);
}

}  // namespace
}  // namespace rtstream
