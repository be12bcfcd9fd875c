#include "rtstream/state/ref_list.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace rtstream::internal {
namespace {

TEST(RefList, KeepsEveryReferenceWhereItIs) {
  RefList list;
  std::vector<const uint32_t*> places;
  for (uint32_t i = 0; i < 5'000; ++i) {
    list.push_back(i);
    places.push_back(&list[i]);
  }
  ASSERT_EQ(list.size(), 5'000u);
  for (uint32_t i = 0; i < 5'000; ++i) {
    ASSERT_EQ(list[i], i);
    ASSERT_EQ(&list[i], places[i]);
  }
}

TEST(RefList, WhatIsTakenFromTheEndMakesRoom) {
  RefList list;
  for (uint32_t i = 0; i < 100; ++i) list.push_back(i);
  for (uint32_t i = 0; i < 70; ++i) list.pop_back();
  EXPECT_EQ(list.back(), 29u);
  list.push_back(7);
  EXPECT_EQ(list.size(), 31u);
  EXPECT_EQ(list.back(), 7u);
  EXPECT_EQ(list[29], 29u);
}

TEST(RefList, IsFilledAgainAfterItWasCleared) {
  RefList list;
  for (uint32_t i = 0; i < 100; ++i) list.push_back(i);
  const uint32_t* const first = &list[0];
  list.clear();
  EXPECT_EQ(list.size(), 0u);
  for (uint32_t i = 0; i < 200; ++i) list.push_back(2 * i);
  for (uint32_t i = 0; i < 200; ++i) ASSERT_EQ(list[i], 2 * i);
  EXPECT_EQ(&list[0], first);
}

}  // namespace
}  // namespace rtstream::internal
