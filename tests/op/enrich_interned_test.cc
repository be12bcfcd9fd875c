#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/io/memory_table.h"
#include "rtstream/op/enrich.h"
#include "rtstream/op/intern.h"
#include "rtstream/op/map.h"
#include "rtstream/testing/matchers.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;

// Counts the keys that it is asked for; a version that the test sets.
class CountingTable final : public LookupTable<std::string> {
 public:
  absl::Status Lookup(absl::Span<const std::string_view> keys,
                      absl::Span<const std::string*> found) override {
    if (!fail_next.ok()) return std::exchange(fail_next, absl::OkStatus());
    for (std::string_view key : keys) asked.emplace_back(key);
    return known.Lookup(keys, found);
  }
  uint64_t version() const override { return current_version; }

  MemoryTable<std::string> known;
  uint64_t current_version = 1;
  std::vector<std::string> asked;
  absl::Status fail_next;
};

struct NumberedSale {
  std::string sku;
  uint32_t sku_number = 0;
  std::string category = {};
};

class EnrichInternedTest : public ::testing::Test {
 protected:
  EnrichInternedTest() {
    table_.known.Put("shirt", "clothes");
    driver_ = std::make_unique<testing::PipelineDriver>([this] {
      return From(in_) | Intern("skus", &NumberedSale::sku, &NumberedSale::sku_number) |
             Enrich("category", table_, Interned(&NumberedSale::sku, &NumberedSale::sku_number),
                    [](NumberedSale& s, const std::string* c) { s.category = c == nullptr ? "?" : *c; }) |
             Map("text", [](const NumberedSale& s) { return s.sku + ":" + s.category; }) | To(out_);
    });
  }
  // A batch of sales of these SKUs; what came out of it.
  std::vector<std::string> Run(const std::vector<std::string>& skus) {
    const size_t before = out_.all().size();
    for (const std::string& sku : skus) in_.Push({.sku = sku});
    EXPECT_THAT(driver_->Drain(), IsOk());
    return {out_.all().begin() + static_cast<ptrdiff_t>(before), out_.all().end()};
  }

  CountingTable table_;
  MemorySource<NumberedSale> in_;
  MemorySink<std::string> out_{"out"};
  std::unique_ptr<testing::PipelineDriver> driver_;
};

TEST_F(EnrichInternedTest, AsksForAKeyInOneBatchOnly) {
  EXPECT_THAT(Run({"shirt", "hat", "shirt"}), ElementsAre("shirt:clothes", "hat:?", "shirt:clothes"));
  table_.asked.clear();
  EXPECT_THAT(Run({"hat", "shirt"}), ElementsAre("hat:?", "shirt:clothes"));
  EXPECT_THAT(table_.asked, IsEmpty()) << "that the table does not know a key is known as well";
  EXPECT_THAT(Run({"cap", "shirt"}), ElementsAre("cap:?", "shirt:clothes"));
  EXPECT_THAT(table_.asked, ElementsAre("cap"));
}

TEST_F(EnrichInternedTest, AsksAgainWhenTheTableHasAnotherVersion) {
  EXPECT_THAT(Run({"shirt", "hat"}), ElementsAre("shirt:clothes", "hat:?"));
  table_.known.Put("hat", "headwear");
  table_.current_version = 2;
  EXPECT_THAT(Run({"shirt", "hat"}), ElementsAre("shirt:clothes", "hat:headwear"));
}

TEST_F(EnrichInternedTest, AsksInEveryBatchATableThatHasNoVersion) {
  table_.current_version = 0;
  EXPECT_THAT(Run({"hat"}), ElementsAre("hat:?"));
  table_.known.Put("hat", "headwear");
  EXPECT_THAT(Run({"hat"}), ElementsAre("hat:headwear"));
}

TEST_F(EnrichInternedTest, KeepsNothingOfACallThatFailed) {
  table_.fail_next = absl::UnavailableError("busy");
  EXPECT_THAT(Run({"shirt"}), ElementsAre("shirt:clothes"));
  EXPECT_THAT(Run({"shirt"}), ElementsAre("shirt:clothes"));
  EXPECT_THAT(table_.asked, ElementsAre("shirt"));
}

TEST(MemoryTable, HasAnotherVersionAfterAPut) {
  MemoryTable<int> table;
  const uint64_t empty = table.version();
  EXPECT_NE(empty, 0u);
  table.Put("a", 1);
  EXPECT_NE(table.version(), empty);
}

}  // namespace
}  // namespace rtstream
