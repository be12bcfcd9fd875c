#include "rtstream/state/value_codec.h"

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/state/item.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {

// Three versions of a value, as a program has them after two changes.
struct StockV1 {
  int32_t on_hand = 0;
};
struct StockV2 {
  int32_t on_hand = 0;
  int32_t reserved = 0;
};
struct StockV3 {
  int32_t on_hand = 0;
  int32_t reserved = 0;
  std::string shelf;
  bool operator==(const StockV3&) const = default;
};
template <>
struct StateFields<StockV1> {
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers = std::tuple{&StockV1::on_hand};
};
template <>
struct ValueCodec<StockV2> {
  static constexpr uint32_t kVersion = 2;
  using Previous = StockV1;
  static StockV2 Upgrade(const StockV1& old) { return {old.on_hand, 0}; }
  static void Append(const StockV2& v, ByteWriter& out) {
    ValueCodec<int32_t>::Append(v.on_hand, out);
    ValueCodec<int32_t>::Append(v.reserved, out);
  }
  static bool Read(ByteReader& in, StockV2& v) {
    return ValueCodec<int32_t>::Read(in, v.on_hand) && ValueCodec<int32_t>::Read(in, v.reserved);
  }
};
template <>
struct ValueCodec<StockV3> {
  static constexpr uint32_t kVersion = 3;
  using Previous = StockV2;
  static StockV3 Upgrade(const StockV2& old) { return {old.on_hand, old.reserved, "unknown"}; }
  static void Append(const StockV3& v, ByteWriter& out) {
    ValueCodec<int32_t>::Append(v.on_hand, out);
    ValueCodec<int32_t>::Append(v.reserved, out);
    ValueCodec<std::string>::Append(v.shelf, out);
  }
  static bool Read(ByteReader& in, StockV3& v) {
    return ValueCodec<int32_t>::Read(in, v.on_hand) && ValueCodec<int32_t>::Read(in, v.reserved) &&
           ValueCodec<std::string>::Read(in, v.shelf);
  }
};

// A later version that lists its members.
struct StockV4 {
  int32_t on_hand = 0;
  std::string shelf;
};
template <>
struct StateFields<StockV4> {
  static constexpr uint32_t kVersion = 4;
  static constexpr auto kMembers = std::tuple{&StockV4::on_hand, &StockV4::shelf};
  using Previous = StockV3;
  static StockV4 Upgrade(const StockV3& old) { return {old.on_hand - old.reserved, old.shelf}; }
};

// One of everything.
struct All {
  bool flag = false;
  int8_t small = 0;
  uint64_t large = 0;
  int64_t negative = 0;
  double real = 0;
  std::string text;
  Time time;
  Uuid uuid;
  FixedString<3> code;
  Decimal<6> price;
  WideDecimal<6> revenue;
  bool operator==(const All&) const = default;
};
template <>
struct StateFields<All> {
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers =
      std::tuple{&All::flag, &All::small, &All::large, &All::negative, &All::real,
                 &All::text, &All::time,  &All::uuid,  &All::code,     &All::price,
                 &All::revenue};
};

namespace {

using testing::IsOk;
using testing::Random;
using testing::StatusIs;

template <typename V>
std::string Encode(const V& value) {
  ByteWriter out;
  ValueCodec<V>::Append(value, out);
  return std::move(out).Take();
}

template <typename V>
absl::StatusOr<V> Decode(uint32_t version, std::string_view bytes) {
  ByteReader in(bytes);
  V value{};
  RTSTREAM_RETURN_IF_ERROR(ReadValue(version, in, value));
  if (!in.done()) return absl::DataLossError("bytes are left");
  return value;
}

All RandomValue(Random& random) {
  All v;
  v.flag = random.Chance(0.5);
  v.small = static_cast<int8_t>(random.Next());
  v.large = random.Next() >> random.Below(64);
  v.negative = static_cast<int64_t>(random.Next()) >> random.Below(64);
  v.real = random.Fraction();
  v.text.assign(random.Below(300), '\0');
  v.time = Time(Duration(static_cast<int64_t>(random.Next())));
  v.uuid = {random.Next(), random.Next()};
  EXPECT_TRUE(v.code.Assign(random.Chance(0.5) ? "eur" : "x"));
  v.price.mantissa = static_cast<int64_t>(random.Next());
  v.revenue.mantissa = static_cast<decltype(v.revenue.mantissa)>(random.Next()) << 40;
  return v;
}

TEST(ValueCodec, ValuesComeBack) {
  Random random(TestSeed());
  for (int i = 0; i < 10'000; ++i) {
    const All value = RandomValue(random);
    const absl::StatusOr<All> back = Decode<All>(1, Encode(value));
    ASSERT_THAT(back.status(), IsOk());
    ASSERT_TRUE(*back == value);
  }
}

TEST(ValueCodec, IntegersComeBackAtTheEndsOfTheirRange) {
  EXPECT_EQ(*Decode<int64_t>(1, Encode(std::numeric_limits<int64_t>::min())),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(*Decode<int64_t>(1, Encode(std::numeric_limits<int64_t>::max())),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(*Decode<uint64_t>(1, Encode(~uint64_t{0})), ~uint64_t{0});
}

TEST(ValueCodec, EveryCutShortValueIsDataLoss) {
  Random random(TestSeed());
  const std::string bytes = Encode(RandomValue(random));
  std::vector<size_t> accepted;
  for (size_t n = 0; n < bytes.size(); ++n) {
    const auto value = Decode<All>(1, std::string_view(bytes).substr(0, n));
    if (!absl::IsDataLoss(value.status())) accepted.push_back(n);
  }
  EXPECT_THAT(accepted, ::testing::IsEmpty());
}

TEST(ValueCodec, NumberThatDoesNotFitItsTypeIsDataLoss) {
  EXPECT_THAT(Decode<int8_t>(1, Encode(int64_t{200})).status(),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST(ValueCodec, OldVersionIsUpgradedStepByStep) {
  const auto stock = Decode<StockV3>(1, Encode(StockV1{42}));
  ASSERT_THAT(stock.status(), IsOk());
  EXPECT_EQ(*stock, (StockV3{42, 0, "unknown"}));
}

TEST(ValueCodec, VersionBetweenSkipsTheOlderSteps) {
  EXPECT_EQ(*Decode<StockV3>(2, Encode(StockV2{42, 7})), (StockV3{42, 7, "unknown"}));
}

TEST(ValueCodec, NewerVersionIsRefusedAndNotMisread) {
  EXPECT_THAT(Decode<StockV3>(4, Encode(StockV3{1, 2, "a"})).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(ValueCodec, VersionOlderThanTheOldestUpgradeIsRefused) {
  EXPECT_THAT(Decode<StockV3>(0, Encode(StockV1{1})).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(ValueCodec, ValueInsideAnItemIsUpgradedToo) {
  const Item<StockV1> old{{42}, 7, Time(Duration(9))};
  const auto item = Decode<Item<StockV3>>(1, Encode(old));
  ASSERT_THAT(item.status(), IsOk());
  EXPECT_EQ(item->value, (StockV3{42, 0, "unknown"}));
  EXPECT_EQ(item->version, 7u);
  EXPECT_EQ(item->last_updated, Time(Duration(9)));
}

TEST(ValueCodec, AStructOfMembersIsUpgradedFromEveryOlderVersion) {
  const absl::StatusOr<StockV4> from_3 = Decode<StockV4>(3, Encode(StockV3{10, 4, "a"}));
  ASSERT_THAT(from_3.status(), IsOk());
  EXPECT_EQ(from_3->on_hand, 6);
  EXPECT_EQ(from_3->shelf, "a");
  const absl::StatusOr<StockV4> from_1 = Decode<StockV4>(1, Encode(StockV1{10}));
  ASSERT_THAT(from_1.status(), IsOk());
  EXPECT_EQ(from_1->on_hand, 10);
  EXPECT_EQ(from_1->shelf, "unknown");
}

TEST(ValueCodec, AStructOfMembersWithoutUpgradeRefusesAnotherVersion) {
  EXPECT_THAT(Decode<StockV1>(2, Encode(StockV1{10})).status(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace rtstream
