#include "rtstream/state/packed_key.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;

using Small = std::tuple<int16_t, uint8_t, FixedString<3>, bool>;       // 7 bytes
using Large = std::tuple<int32_t, std::pair<Time, uint16_t>, int8_t>;   // 15 bytes

FixedString<3> RandomCode(Random& random) {
  std::string text(random.Below(4), 'a');
  for (char& c : text) c = "\x01\x61\xff"[random.Below(3)];
  FixedString<3> code;
  EXPECT_TRUE(code.Assign(text));
  return code;
}
Small RandomSmall(Random& random) {
  return {static_cast<int16_t>(random.Between(-2, 2)), static_cast<uint8_t>(random.Below(256)),
          RandomCode(random), random.Chance(0.5)};
}
Large RandomLarge(Random& random) {
  return {static_cast<int32_t>(random.Between(-1, 1)),
          {Time(Duration(random.Between(-1, 1))), static_cast<uint16_t>(random.Next())},
          static_cast<int8_t>(random.Next())};
}

template <typename K, typename Draw>
void ExpectOrderAndReturn(Draw draw) {
  Random random(TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    const K a = draw(random), b = draw(random);
    ASSERT_EQ(UnpackKey<K>(PackKey(a)), a);
    ASSERT_EQ(PackKey(a) < PackKey(b), a < b);
    ASSERT_EQ(PackKey(a) == PackKey(b), a == b);
  }
}

TEST(PackedKey, PartsOfEightBytesComeBackAndKeepTheirOrder) {
  static_assert(std::is_same_v<PackedWord<Small>, uint64_t>);
  ExpectOrderAndReturn<Small>(RandomSmall);
}

TEST(PackedKey, PartsOfSixteenBytesComeBackAndKeepTheirOrder) {
  static_assert(std::is_same_v<PackedWord<Large>, Word128>);
  ExpectOrderAndReturn<Large>(RandomLarge);
}

TEST(PackedKey, EndsOfEveryRangeComeBackInOrder) {
  using Limits = std::numeric_limits<int64_t>;
  EXPECT_LT(PackKey(Limits::min()), PackKey(int64_t{-1}));
  EXPECT_LT(PackKey(int64_t{-1}), PackKey(int64_t{0}));
  EXPECT_LT(PackKey(int64_t{0}), PackKey(Limits::max()));
  EXPECT_EQ(UnpackKey<int64_t>(PackKey(Limits::min())), Limits::min());
  EXPECT_EQ(UnpackKey<uint64_t>(PackKey(~uint64_t{0})), ~uint64_t{0});
  const std::tuple<uint64_t, uint64_t> both{~uint64_t{0}, 1};
  EXPECT_EQ((UnpackKey<std::tuple<uint64_t, uint64_t>>(PackKey(both))), both);
  EXPECT_EQ(UnpackKey<Time>(PackKey(kMinTime)), kMinTime);
}

TEST(PackedKey, UuidIsItsOwnNumber) {
  const Uuid uuid{1, 2};
  EXPECT_EQ(PackKey(uuid), (Word128{1, 2}));
  EXPECT_EQ(UnpackKey<Uuid>(PackKey(uuid)), uuid);
}

TEST(PackedKey, TextAndWhatIsLongerThanSixteenBytesIsNoPackedKey) {
  static_assert(!PackableKey<std::string>);
  static_assert(!PackableKey<std::tuple<uint32_t, std::string_view>>);
  static_assert(!PackableKey<std::tuple<uint64_t, uint64_t, uint8_t>>);
  static_assert(!PackableKey<std::tuple<>>);
  static_assert(PackableKey<std::tuple<uint64_t, uint64_t>>);
}

// Stored state is read by later releases: the number of a key must not change.
TEST(PackedKey, NumbersAreThoseOfTheStoredFormat) {
  EXPECT_EQ(PackKey(std::tuple<uint16_t, int16_t, uint32_t>{0x1234, -1, 0x89abcdef}),
            0x12347fff89abcdefu);
  EXPECT_EQ(PackKey(std::tuple<uint32_t, Time, uint32_t>{1, Time(Duration(2)), 3}),
            (Word128{0x00000001'80000000, 0x00000002'00000003}));
  EXPECT_EQ(StableFold(uint64_t{1}), 17506462009081979429u);
  EXPECT_EQ(StableFold(Word128{1, 2}), 4025076978121521793u);
}

}  // namespace
}  // namespace rtstream
