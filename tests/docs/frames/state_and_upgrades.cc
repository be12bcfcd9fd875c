
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"

// Sums of days in the directory that PrintSums reads.
absl::Status MakeSums() {
  rt::MemorySource<std::string> days;
  for (const char* day : {"monday", "tuesday", "monday"}) days.Push(day);
  days.Finish();
  RTSTREAM_ASSIGN_OR_RETURN(auto store, rt::LogStore::Open("state"));
  rt::Runner runner(rt::From(days)
                        | rt::Aggregate("daily", [](const std::string& day) -> std::string_view { return day; },
                                        [](Sum& sum, const std::string&) { sum.units += 1; })
                        | rt::Discard(),
                    *store);
  return runner.Run();
}

TEST(State, OfAProgramThatIsGoneIsReadFromItsDirectory) {
  ASSERT_THAT(MakeSums(), rt::testing::IsOk());
  ::testing::internal::CaptureStdout();
  const absl::Status status = PrintSums();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "monday 2\ntuesday 1\n");
  EXPECT_THAT(status, rt::testing::IsOk());
}

template <typename Stock>
absl::Status Receive(rt::StateStore& store) {
  rt::MemorySource<int64_t> items;
  items.Push(7);
  items.Finish();
  rt::Runner runner(rt::From(items)
                        | rt::UpdateState("stock", [](const int64_t& item) { return item; },
                                          [](rt::ItemUpdate<Stock>& item, const int64_t& id) {
                                            item.Set(Stock{.on_hand = 10});
                                            return id;
                                          })
                        | rt::Discard(),
                    store);
  return runner.Run();
}

TEST(State, OfAnOlderVersionIsUpgradedWhenItIsRead) {
  rt::MemoryStateStore store;
  ASSERT_THAT(Receive<Stock1>(store), rt::testing::IsOk());
  std::vector<std::pair<int64_t, int64_t>> seen;
  const auto visit = [&](int64_t, const rt::Item<Stock2>& item) {
    seen.emplace_back(item.value.on_hand, item.value.reserved);
  };
  ASSERT_THAT((rt::ReadItems<int64_t, Stock2>(store, "stock", visit)), rt::testing::IsOk());
  EXPECT_THAT(seen, ::testing::ElementsAre(std::pair(10, 0)));
}
