#include "rtstream/base/uuid.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "rtstream/base/uuid_text.h"
#include "seed.h"

namespace rtstream {
namespace {

std::string TextOf(const Uuid& uuid) {
  std::string text;
  AppendUuid(uuid, text);
  return text;
}

TEST(Uuid, ReadsTheFormOfTheRfcInEitherCase) {
  Uuid lower, upper;
  ASSERT_TRUE(ParseUuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", lower));
  ASSERT_TRUE(ParseUuid("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", upper));
  EXPECT_EQ(lower.high, 0xf81d4fae7dec11d0u);
  EXPECT_EQ(lower.low, 0xa76500a0c91e6bf6u);
  EXPECT_EQ(lower, upper);
}

TEST(Uuid, WritesWhatItRead) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 1000; ++i) {
    const Uuid uuid{random(), random()};
    Uuid back;
    ASSERT_TRUE(ParseUuid(TextOf(uuid), back)) << TextOf(uuid);
    EXPECT_EQ(back, uuid);
  }
}

TEST(Uuid, EveryCharacterIsChecked) {
  const std::string good = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
  for (size_t i = 0; i < good.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string text = good;
      text[i] = static_cast<char>(c);
      const bool is_dash_place = good[i] == '-';
      const bool want = is_dash_place ? c == '-' : std::isxdigit(c) != 0;
      Uuid out{1, 2};
      EXPECT_EQ(ParseUuid(text, out), want) << "byte " << c << " at " << i;
      EXPECT_EQ(out == (Uuid{1, 2}), !want);
    }
  }
}

TEST(Uuid, AnotherLengthIsRefused) {
  Uuid out;
  EXPECT_FALSE(ParseUuid("", out));
  EXPECT_FALSE(ParseUuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf", out));
  EXPECT_FALSE(ParseUuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf66", out));
}

TEST(Uuid, OrdersAsTheTextsDo) {
  EXPECT_LT((Uuid{1, ~uint64_t{0}}), (Uuid{2, 0}));
  EXPECT_LT((Uuid{1, 1}), (Uuid{1, 2}));
}

TEST(Uuid, SixteenDigitsATimeAreReadAsOneATime) {
  std::mt19937_64 random(TestSeed());
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = TextOf({random(), random()});
    for (uint64_t n = random() % 3; n > 0; --n) {
      constexpr std::string_view kNear = "/09:@AFG`afg-\x80\xb0";
      text[random() % text.size()] = random() % 4 == 0 ? static_cast<char>(random())
                                                       : kNear[random() % kNear.size()];
    }
    Uuid one, sixteen;
    const bool is_read = internal::ReadUuidTextPortable(text.data(), one);
    accepted += is_read ? 1 : 0;
    ASSERT_EQ(internal::ReadUuidText(text.data(), sixteen), is_read) << text;
    ASSERT_EQ(sixteen, one) << text;
  }
  EXPECT_GT(accepted, 50'000);
}

}  // namespace
}  // namespace rtstream
