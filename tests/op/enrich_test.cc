#include "rtstream/op/enrich.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/io/memory_table.h"
#include "rtstream/op/tee.h"
#include "rtstream/testing/matchers.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::StatusIs;

std::string WithCategory(const Sale& sale, const std::string* category) {
  return sale.id + ":" + (category == nullptr ? "?" : *category);
}

// A table that fails some calls after it has filled in wrong values.
class FlakyTable final : public LookupTable<std::string> {
 public:
  absl::Status Lookup(absl::Span<const std::string_view> keys,
                      absl::Span<const std::string*> found) override {
    ++calls;
    if (fail_next.ok()) return known.Lookup(keys, found);
    for (const std::string*& value : found) value = &wrong_;
    return std::exchange(fail_next, absl::OkStatus());
  }
  MemoryTable<std::string> known;
  absl::Status fail_next;
  int calls = 0;

 private:
  std::string wrong_ = "wrong";
};

class EnrichTest : public SaleTestBase {
 protected:
  EnrichTest() {
    table_.known.Put("shirt", "clothes");
    Use([this] {
      return From(in_) | Enrich("category", table_, &Sale::sku, WithCategory) | To(texts_);
    });
  }
  FlakyTable table_;
  MemorySink<std::string> texts_{"texts"};
};

TEST_F(EnrichTest, GivesTheFunctionWhatTheTableKnows) {
  Push("a", "shirt");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("a:clothes"));
}

TEST_F(EnrichTest, GivesTheFunctionNullForAnUnknownKey) {
  Push("a", "shirt");
  Push("b", "no such sku");
  Push("c", "shirt");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("a:clothes", "b:?", "c:clothes"));
}

TEST_F(EnrichTest, AsksOnceForABatch) {
  for (int i = 0; i < 100; ++i) Push("a");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(table_.calls, 1);
}

TEST_F(EnrichTest, AsksAgainWhenTheTableFailsForNow) {
  Push("a", "shirt");
  Push("b", "no such sku");
  table_.fail_next = absl::UnavailableError("busy");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(table_.calls, 2);
  EXPECT_THAT(texts_.all(), ElementsAre("a:clothes", "b:?"));
}

TEST_F(EnrichTest, ATableThatFailsForGoodEndsTheRun) {
  Push("a");
  table_.fail_next = absl::DataLossError("table is damaged");
  EXPECT_THAT(driver_->Drain(), StatusIs(absl::StatusCode::kDataLoss, "table is damaged"));
  ASSERT_THAT(driver_->Crash(), IsOk());
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(texts_.all().size(), 1u);
}

TEST_F(EnrichTest, CountsWhatItTakesAndEmits) {
  for (const char* id : {"a", "b"}) Push(id);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(driver_->Stats("category").in, 2u);
  EXPECT_EQ(driver_->Stats("category").out, 2u);
}

TEST(Enrich, EmitsTheRecordThatTheFunctionChanged) {
  MemorySource<Sale> in;
  MemorySink<Sale> before{"copy"}, after{"out"};
  MemoryTable<std::string> table;
  table.Put("shirt", "clothes");
  testing::PipelineDriver driver([&] {
    return From(in) | Tee("before", Branch<Sale>() | To(before)) |
           Enrich("category", table, &Sale::sku,
                  [](Sale& s, const std::string* category) -> absl::Status {
                    if (category == nullptr) return absl::NotFoundError("sku is not known");
                    s.sku = *category;
                    return absl::OkStatus();
                  }) |
           To(after);
  });
  in.Push({.id = "a", .sku = "hat"});
  in.Push({.id = "b", .sku = "shirt"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(after.all(), ElementsAre(::testing::Field(&Sale::sku, "clothes")));
  EXPECT_THAT(before.all(), ElementsAre(::testing::Field(&Sale::sku, "hat"),
                                        ::testing::Field(&Sale::sku, "shirt")))
      << "a branch keeps its own";
  EXPECT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("category", absl::StatusCode::kNotFound, "sku")));
}

TEST(Enrich, RefusesARecordForWhichTheFunctionFails) {
  MemorySource<Sale> in;
  MemorySink<std::string> out;
  MemoryTable<std::string> table;
  table.Put("shirt", "clothes");
  testing::PipelineDriver driver([&] {
    return From(in) |
           Enrich("category", table, &Sale::sku,
                  [](const Sale& s, const std::string* category) -> absl::StatusOr<std::string> {
                    if (category == nullptr) return absl::NotFoundError("sku is not known");
                    return s.id + *category;
                  }) |
           To(out);
  });
  in.Push({.id = "a", .sku = "hat"});
  in.Push({.id = "b", .sku = "shirt"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre("bclothes"));
  EXPECT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("category", absl::StatusCode::kNotFound, "sku")));
  EXPECT_EQ(driver.Stats("category").refused, 1u);
  EXPECT_EQ(driver.Stats("category").out, 1u);
}

}  // namespace
}  // namespace rtstream
