#include "rtstream/base/text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace rtstream {
namespace {

TEST(Concat, PutsTextsAndIntegersTogether) {
  const std::string name = "quantity";
  EXPECT_EQ(Concat(name, ": want ", std::string_view("a number"), ", got ", 7, " at byte ", size_t{23}),
            "quantity: want a number, got 7 at byte 23");
  EXPECT_EQ(Concat(), "");
  EXPECT_EQ(Concat(""), "");
}

TEST(Concat, ReachesTheEndsOf64Bits) {
  EXPECT_EQ(Concat(std::numeric_limits<int64_t>::min(), " ", std::numeric_limits<uint64_t>::max()),
            "-9223372036854775808 18446744073709551615");
}

TEST(Concat, KeepsNulInTexts) {
  EXPECT_EQ(Concat(std::string_view("a\0b", 3), "c"), std::string("a\0bc", 4));
}

TEST(MessageOf, IsTheMessageWithoutTheCode) {
  const absl::Status status = absl::NotFoundError("no such key");
  EXPECT_EQ(MessageOf(status), "no such key");
  EXPECT_EQ(MessageOf(absl::OkStatus()), "");
}

}  // namespace
}  // namespace rtstream
