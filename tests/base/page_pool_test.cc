#include "rtstream/base/page_pool.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace rtstream {
namespace {

// Whether the block's first and last pages have memory.
bool IsTouched(const Pages& pages) {
  constexpr size_t kSmallPage = 4096;
  unsigned char first = 0, last = 0;
  EXPECT_EQ(mincore(pages.data(), 1, &first), 0);
  EXPECT_EQ(mincore(pages.data() + pages.size() - kSmallPage, 1, &last), 0);
  return (first & 1) != 0 && (last & 1) != 0;
}

TEST(PagePool, GivesAnUntouchedBlockWhenNoneIsReady) {
  PagePool pool;
  const Pages pages = pool.Take();
  EXPECT_EQ(pages.size(), Pages::kHugePage);
  EXPECT_FALSE(IsTouched(pages));
}

TEST(PagePool, HasAsManyBlocksReadyAsWereTakenAndOneMore) {
  PagePool pool;
  (void)pool.Take();
  (void)pool.Take();
  pool.Fill();
  std::vector<Pages> taken;
  for (int i = 0; i < 4; ++i) taken.push_back(pool.Take());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(IsTouched(taken[static_cast<size_t>(i)])) << i;
  EXPECT_FALSE(IsTouched(taken[3]));
}

TEST(PagePool, PoolThatNobodyTakesFromHoldsNothing) {
  PagePool pool;
  pool.Fill();
  EXPECT_FALSE(IsTouched(pool.Take()));
}

TEST(PagePool, BlocksAreZeroAndNobodyElses) {
  PagePool pool;
  (void)pool.Take();
  pool.Fill();
  const Pages a = pool.Take(), b = pool.Take();
  EXPECT_NE(a.data(), b.data());
  for (size_t at = 0; at < a.size(); at += 64) ASSERT_EQ(a.data()[at], 0) << at;
}

TEST(PagePool, OneThreadMayFillWhileAnotherTakes) {
  PagePool pool;
  std::thread filler([&] {
    for (int i = 0; i < 50; ++i) pool.Fill();
  });
  for (int i = 0; i < 50; ++i) {
    const Pages pages = pool.Take();
    pages.data()[0] = 'x';
  }
  filler.join();
}

TEST(PagePool, CountsWhatIsTakenAgainstItsBudget) {
  const auto budget = std::make_shared<MemoryBudget>(3 * Pages::kHugePage);
  PagePool pool;
  pool.set_budget(budget);
  const Pages block = pool.Take(), small = pool.Take(1);
  EXPECT_EQ(budget->used(), block.size() + small.size());
}

TEST(PagePool, GivesNoMoreThanItsBudgetAndStaysAtIt) {
  const auto budget = std::make_shared<MemoryBudget>(Pages::kHugePage);
  PagePool pool;
  pool.set_budget(budget);
  const Pages block = pool.Take();
  EXPECT_THROW(pool.Take(1), BudgetExceeded);
  EXPECT_EQ(budget->used(), Pages::kHugePage);
}

TEST(PagePool, PagesThatOutliveItAreGivenBackToTheBudget) {
  const auto budget = std::make_shared<MemoryBudget>(Pages::kHugePage);
  Pages block;
  {
    PagePool pool;
    pool.set_budget(budget);
    block = pool.Take();
  }
  block = Pages();
  EXPECT_EQ(budget->used(), 0u);
}

}  // namespace
}  // namespace rtstream
