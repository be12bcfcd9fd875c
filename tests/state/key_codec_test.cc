#include "rtstream/state/key_codec.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;

template <typename K>
std::string Encode(const K& key) {
  std::string bytes;
  KeyCodec<K>::Append(key, bytes);
  return bytes;
}

template <typename K>
bool Decode(std::string_view bytes, K& key) {
  return KeyCodec<K>::Read(bytes, key) && bytes.empty();
}

using Wide = std::tuple<std::string, int64_t, std::string, uint8_t, std::pair<Time, std::string>, Uuid,
                        FixedString<3>>;

// Few different bytes and short strings, so that keys share beginnings.
std::string RandomText(Random& random) {
  std::string text(random.Below(5), '\0');
  for (char& c : text) c = "\0\x01\x61\xff"[random.Below(4)];
  return text;
}

FixedString<3> RandomCode(Random& random) {
  std::string text(random.Below(4), 'a');
  for (char& c : text) c = "\x01\x61\xff"[random.Below(3)];
  FixedString<3> code;
  EXPECT_TRUE(code.Assign(text));
  return code;
}

Wide RandomKey(Random& random) {
  return {RandomText(random), random.Between(-2, 2), RandomText(random),
          static_cast<uint8_t>(random.Below(256)),
          {Time(Duration(random.Between(-1, 1))), RandomText(random)},
          {random.Below(2), random.Below(2)},
          RandomCode(random)};
}

TEST(KeyCodec, BytesAreOrderedAsTheKeysAre) {
  Random random(TestSeed());
  for (int i = 0; i < 100'000; ++i) {
    const Wide a = RandomKey(random), b = RandomKey(random);
    ASSERT_EQ(a < b, Encode(a) < Encode(b));
    ASSERT_EQ(a == b, Encode(a) == Encode(b));
  }
}

TEST(KeyCodec, KeysComeBack) {
  Random random(TestSeed());
  for (int i = 0; i < 10'000; ++i) {
    const Wide key = RandomKey(random);
    Wide back{"old", 9, "old", 9, {}, {}, {}};
    ASSERT_TRUE(Decode(Encode(key), back));
    ASSERT_EQ(back, key);
  }
}

TEST(KeyCodec, EveryCutShortKeyIsRefused) {
  const std::string bytes = Encode(Wide{"a\0b", -1, "", 7, {kMaxTime, "zz"}, Uuid{1, 2}, {}});
  std::vector<size_t> accepted;
  for (size_t n = 0; n < bytes.size(); ++n) {
    Wide key;
    if (Decode(std::string_view(bytes).substr(0, n), key)) accepted.push_back(n);
  }
  EXPECT_THAT(accepted, ::testing::IsEmpty());
}

TEST(KeyCodec, IntegersAreOrderedOverTheirWholeRange) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  std::vector<std::string> encoded;
  for (int64_t v : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, int64_t{1}, kMax}) {
    encoded.push_back(Encode(v));
  }
  EXPECT_TRUE(std::is_sorted(encoded.begin(), encoded.end()));
}

TEST(KeyCodec, UnsignedIntegersAreOrderedOverTheirWholeRange) {
  EXPECT_LT(Encode(uint64_t{1} << 62), Encode(uint64_t{1} << 63));
  EXPECT_LT(Encode(uint64_t{1} << 63), Encode(~uint64_t{0}));
}

TEST(KeyCodec, NumberOfAWiderTypeIsRefused) {
  int32_t narrow = 0;
  EXPECT_FALSE(Decode(Encode(int64_t{1} << 32), narrow));
  EXPECT_TRUE(Decode(Encode(int64_t{-5}), narrow));
  EXPECT_EQ(narrow, -5);
}

TEST(KeyCodec, TextWithoutZeroBytesComesBackAsAViewOfTheBytes) {
  const std::string bytes = Encode(std::string_view("sku"));
  std::string_view key;
  ASSERT_TRUE(Decode(bytes, key));
  EXPECT_EQ(key, "sku");
  EXPECT_EQ(key.data(), bytes.data());
}

TEST(KeyCodec, TextWithAZeroByteCannotBeAView) {
  std::string_view key;
  EXPECT_FALSE(Decode(Encode(std::string("a\0b", 3)), key));
}

TEST(KeyCodec, BytesAreThoseOfTheStoredFormat) {
  EXPECT_EQ(Encode(std::tuple<std::string, int32_t>(std::string("a\0b", 3), -1)),
            std::string("a\0\xff"
                        "b\0\x01\x7f\xff\xff\xff\xff\xff\xff\xff",
                        14));
}

}  // namespace
}  // namespace rtstream
