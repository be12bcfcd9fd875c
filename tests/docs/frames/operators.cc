
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "rtstream/testing/pipeline_driver.h"

using ::testing::ElementsAre;

// A page's pipeline over four sales, one of which is a copy, and none of which is wrong.
class Operators : public ::testing::Test {
 protected:
  void Run(const std::function<rt::Pipeline()>& make) {
    Push("a", "north", 12, 0s);
    Push("b", "south", 3, 10s);
    Push("a", "north", 12, 0s);
    Push("c", "south", 200, 90s);
    rt::testing::PipelineDriver driver(make);
    ASSERT_TRUE(driver.Drain().ok());
    ASSERT_TRUE(driver.Commit().ok());
    letters = driver.dead_letters();
  }
  void Push(std::string_view id, std::string_view store, int64_t units, rt::Duration at) {
    sales.Push({id, store, units, rt::Time(at), 0});
  }
  static std::vector<int64_t> Units(const rt::MemorySink<Sale>& of) {
    std::vector<int64_t> units;
    for (const Sale& s : of.all()) units.push_back(s.units);
    return units;
  }

  rt::MemorySource<Sale> sales;
  rt::MemorySink<Sale> out{"out"}, side{"side"};
  std::vector<rt::DeadLetter> letters;
};

TEST_F(Operators, Aggregate) {
  rt::MemorySink<rt::Aggregated<std::string_view, int64_t>> minutes("minutes");
  Run([&] { return aggregate_page::Sums(sales, minutes, side); });
  ASSERT_EQ(minutes.all().size(), 2u);
  EXPECT_EQ(minutes.all()[0].value, 24);
  EXPECT_EQ(minutes.all()[1].value, 3);
}

TEST_F(Operators, Apply) {
  Run([&] { return apply_page::Changes(sales, out); });
  EXPECT_THAT(Units(out), ElementsAre(12, 3, 200));
}

TEST_F(Operators, AssignEventTime) {
  Run([&] { return assign_event_time_page::Timed(sales, out); });
  EXPECT_EQ(out.all().size(), 4u);
}

TEST_F(Operators, Boundary) {
  Run([&] { return boundary_page::Cut(sales, out); });
  EXPECT_EQ(out.all().size(), 4u);
}

TEST_F(Operators, Dedup) {
  Run([&] { return dedup_page::Once(sales, out, side); });
  EXPECT_THAT(Units(out), ElementsAre(12, 3, 200));
  EXPECT_THAT(Units(side), ElementsAre(12));
}

TEST_F(Operators, Enrich) {
  rt::MemoryTable<enrich_page::Store> stores;
  stores.Put("north", {"uplands"});
  rt::MemorySink<enrich_page::InRegion> regions;
  Run([&] { return enrich_page::Enriched(sales, stores, regions); });
  ASSERT_EQ(regions.all().size(), 4u);
  EXPECT_EQ(regions.all()[0].region, "uplands");
  EXPECT_EQ(regions.all()[1].region, "?");
}

TEST_F(Operators, Filter) {
  Run([&] { return filter_page::Big(sales, out); });
  EXPECT_THAT(Units(out), ElementsAre(200));
}

TEST_F(Operators, FlatMap) {
  rt::MemorySink<int64_t> numbers;
  Run([&] { return flat_map_page::Units(sales, numbers); });
  EXPECT_THAT(numbers.all(), ElementsAre(12, -12, 3, -3, 12, -12, 200, -200));
}

TEST_F(Operators, Inspect) {
  int64_t units = 0;
  Run([&] { return inspect_page::Watched(sales, units, out); });
  EXPECT_EQ(units, 227);
}

TEST_F(Operators, Intern) {
  Run([&] { return intern_page::Numbered(sales); });
  EXPECT_TRUE(letters.empty());
}

TEST_F(Operators, KeyBy) {
  Run([&] { return key_by_page::Divided(sales, out); });
  EXPECT_THAT(Units(out), ElementsAre(12, 3, 200));
}

TEST_F(Operators, Map) {
  rt::MemorySink<map_page::Line> lines;
  Run([&] { return map_page::Lines(sales, lines); });
  ASSERT_EQ(lines.all().size(), 4u);
  EXPECT_EQ(lines.all()[1].text, "b");
}

TEST_F(Operators, ParseCsv) {
  rt::MemorySource<rt::Bytes> lines;
  lines.Push("a;north;12;2026-03-02T08:00:00Z");
  lines.Push("a;north");
  Run([&] { return parse_csv_page::Parsed(lines, out); });
  EXPECT_THAT(Units(out), ElementsAre(12));
  EXPECT_EQ(letters.size(), 1u);
}

TEST_F(Operators, ParseJson) {
  rt::MemorySource<rt::Bytes> lines;
  lines.Push(R"({"id":"a","store":"north","units":12,"at":"2026-03-02T08:00:00Z"})");
  lines.Push("{");
  Run([&] { return parse_json_page::Parsed(lines, out); });
  EXPECT_THAT(Units(out), ElementsAre(12));
  EXPECT_EQ(letters.size(), 1u);
}

TEST_F(Operators, Route) {
  Run([&] { return route_page::Split(sales, out, side); });
  EXPECT_THAT(Units(out), ElementsAre(12, 12, 200));
  EXPECT_THAT(Units(side), ElementsAre(3));
}

TEST_F(Operators, Tee) {
  Run([&] { return tee_page::Both(sales, out, side); });
  EXPECT_EQ(out.all().size(), 4u);
  EXPECT_THAT(Units(side), ElementsAre(12, 12, 200));
}

TEST_F(Operators, To) {
  Run([&] { return to_page::Copied(sales, out); });
  EXPECT_EQ(out.all().size(), 4u);
}

TEST_F(Operators, UpdateInventory) {
  // The outcome's record is valid until the end of the batch: here it is the source's.
  rt::MemorySink<rt::InventoryOutcome<Sale>> outcomes;
  Run([&] { return update_inventory_page::Stock(sales, outcomes); });
  ASSERT_EQ(outcomes.all().size(), 4u);
  EXPECT_EQ(outcomes.all()[2].stock.on_hand, 76);
  EXPECT_FALSE(outcomes.all()[3].is_applied());
}

TEST_F(Operators, UpdateState) {
  rt::MemorySink<update_state_page::Booked> booked;
  Run([&] { return update_state_page::Booking(sales, booked); });
  ASSERT_EQ(booked.all().size(), 3u);
  EXPECT_EQ(booked.all()[2].left, 76);
  EXPECT_EQ(letters.size(), 1u);
}

TEST_F(Operators, Validate) {
  Push("z", "north", 0, 0s);
  Run([&] { return validate_page::Checked(sales, out); });
  EXPECT_EQ(out.all().size(), 4u);
  EXPECT_EQ(letters.size(), 1u);
}
