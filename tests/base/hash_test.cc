#include "rtstream/base/hash.h"

#include <gtest/gtest.h>

#include <string>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

// Bytes 0, 1, 2, ... of a length.
std::string Counting(size_t n) {
  std::string bytes(n, '\0');
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<char>(i);
  return bytes;
}

// One length in each of XXH3's ranges: 0, 1-3, 4-8, 9-16, 17-128, 129-240, more. The values are part of
// stored formats: a change loses every user's state.
TEST(StableHash, HasTheValuesThatStoredFormatsRelyOn) {
  EXPECT_EQ(StableHash(""), 0x2d06800538d394c2);
  EXPECT_EQ(StableHash("a"), 0xe6c632b61e964e1f);
  EXPECT_EQ(StableHash("abc"), 0x78af5f94892f3950);
  EXPECT_EQ(StableHash("NYC-042"), 0x4add8ba768dac124);
  EXPECT_EQ(StableHash("TSHIRT-001"), 0xfbc69a30f269916c);
  EXPECT_EQ(StableHash(Counting(100)), 0x004e4f921a64bd1c);
  EXPECT_EQ(StableHash(Counting(200)), 0xf42a8864feaf0703);
  EXPECT_EQ(StableHash(Counting(5000)), 0x1b74bda2c82a8c7a);
}

TEST(Checksum, IsTheSameFunctionAsStoredBlocksHave) {
  EXPECT_EQ(Checksum(Counting(5000)), 0x1b74bda2c82a8c7a);
}

// Long inputs may be summed with wider vectors than keys are hashed with.
TEST(Checksum, IsTheSameFunctionForEveryLength) {
  testing::Random random(TestSeed());
  std::string bytes(70'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random.Next());
  for (size_t n = 0; n < 3000; ++n) ASSERT_EQ(Checksum(bytes.substr(0, n)), StableHash(bytes.substr(0, n)));
  EXPECT_EQ(Checksum(bytes), StableHash(bytes));
}

TEST(RollingChecksum, OfLongPiecesIsTheHashOfTheWhole) {
  testing::Random random(TestSeed());
  RollingChecksum rolling;
  std::string whole;
  for (int i = 0; i < 40; ++i) {
    const std::string piece(random.Below(4000), static_cast<char>(random.Next()));
    rolling.Add(piece);
    whole += piece;
    ASSERT_EQ(rolling.value(), StableHash(whole)) << whole.size();
  }
}

TEST(RollingChecksum, OfPiecesIsTheChecksumOfTheWhole) {
  testing::Random random(TestSeed());
  RollingChecksum rolling;
  for (int i = 0; i < 200; ++i) {
    std::string whole;
    rolling.Reset();
    for (uint64_t n = random.Below(20); n > 0; --n) {
      std::string piece(random.Below(random.Chance(0.1) ? 5000 : 100), '\0');
      for (char& c : piece) c = static_cast<char>(random.Next());
      rolling.Add(piece);
      whole += piece;
      ASSERT_EQ(rolling.value(), Checksum(whole)) << whole.size();
    }
  }
}

TEST(RollingChecksum, OfNothingIsTheChecksumOfNoBytes) {
  EXPECT_EQ(RollingChecksum().value(), Checksum(""));
}

TEST(SecretHash, IsTheSameForTheSameObject) {
  const SecretHash hash;
  EXPECT_EQ(hash("TSHIRT-001"), hash(std::string("TSHIRT-001")));
  EXPECT_NE(hash("TSHIRT-001"), hash("TSHIRT-002"));
}

TEST(SecretHash, DiffersBetweenObjects) {
  EXPECT_NE(SecretHash()("TSHIRT-001"), SecretHash()("TSHIRT-001"));
  EXPECT_NE(SecretHash()(Counting(1000)), SecretHash()(Counting(1000)));
}

}  // namespace
}  // namespace rtstream
