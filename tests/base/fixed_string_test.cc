#include "rtstream/base/fixed_string.h"

#include <gtest/gtest.h>

#include <string_view>

namespace rtstream {
namespace {

TEST(FixedString, HoldsTextsUpToItsSize) {
  FixedString<3> text;
  EXPECT_EQ(text.view(), "");
  ASSERT_TRUE(text.Assign("USD"));
  EXPECT_EQ(text.view(), "USD");
  ASSERT_TRUE(text.Assign("x"));
  EXPECT_EQ(text.view(), "x");
}

TEST(FixedString, FillsUpWithZeroBytes) {
  FixedString<3> text;
  ASSERT_TRUE(text.Assign("abc"));
  ASSERT_TRUE(text.Assign("d"));
  EXPECT_EQ(std::string_view(text.data(), 3), std::string_view("d\0\0", 3));
}

TEST(FixedString, RefusesWhatItCannotHoldAndKeepsWhatItHas) {
  FixedString<3> text;
  ASSERT_TRUE(text.Assign("abc"));
  EXPECT_FALSE(text.Assign("abcd"));
  EXPECT_FALSE(text.Assign(std::string_view("a\0", 2)));
  EXPECT_EQ(text.view(), "abc");
}

TEST(FixedString, ComparesAsItsTextDoes) {
  FixedString<3> a, b;
  ASSERT_TRUE(a.Assign("ab"));
  ASSERT_TRUE(b.Assign("abc"));
  EXPECT_LT(a, b);
  EXPECT_NE(a, b);
  ASSERT_TRUE(a.Assign("abc"));
  EXPECT_EQ(a, b);
  ASSERT_TRUE(b.Assign("\xff"));
  EXPECT_LT(a, b);
}

}  // namespace
}  // namespace rtstream
