#include "rtstream/base/byte_buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>

namespace rtstream {
namespace {

TEST(ByteBuffer, BeginsEmptyAndTakesNoMemory) {
  const ByteBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_EQ(buffer.view(), "");
}

TEST(ByteBuffer, HoldsWhatWasAppendedHoweverItGrows) {
  std::mt19937_64 random(1);
  ByteBuffer buffer;
  std::string model;
  for (int i = 0; i < 2000; ++i) {
    const std::string text(random() % 3000, static_cast<char>('a' + i % 26));
    buffer.Append(text);
    model += text;
  }
  EXPECT_TRUE(buffer.view() == model);
}

TEST(ByteBuffer, EndsWhereItIsSaid) {
  ByteBuffer buffer;
  buffer.Append("ab");
  char* p = buffer.Room(100);
  *p++ = 'c';
  buffer.EndAt(p);
  EXPECT_EQ(buffer.view(), "abc");
}

TEST(ByteBuffer, RoomIsThereAtOnce) {
  ByteBuffer buffer;
  buffer.Append("x");
  char* const p = buffer.Room(3 << 20);
  std::memset(p, 'y', 3 << 20);
  buffer.EndAt(p + (3 << 20));
  EXPECT_EQ(buffer.size(), (3u << 20) + 1);
  EXPECT_EQ(buffer.view().front(), 'x');
}

TEST(ByteBuffer, BeginsAtAPage) {
  ByteBuffer buffer;
  for (int i = 0; i < 8; ++i) {
    buffer.Append(std::string(size_t{1} << (14 + i), 'x'));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 4096, 0u) << i;
  }
}

TEST(ByteBuffer, KeepsItsMemoryWhenItIsCleared) {
  ByteBuffer buffer;
  buffer.Append("abc");
  const char* const data = buffer.data();
  buffer.Clear();
  EXPECT_TRUE(buffer.empty());
  buffer.Append("d");
  EXPECT_EQ(buffer.data(), data);
  EXPECT_EQ(buffer.view(), "d");
}

TEST(ByteBuffer, IsEmptyAfterAMove) {
  ByteBuffer from;
  from.Append("abc");
  ByteBuffer to(std::move(from));
  EXPECT_EQ(to.view(), "abc");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): said to be empty
  from.Append("d");
  EXPECT_EQ(from.view(), "d");
  to = std::move(from);
  EXPECT_EQ(to.view(), "d");
}

}  // namespace
}  // namespace rtstream
