#include "rtstream/base/short_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "seed.h"

namespace rtstream {
namespace {

TEST(ShortText, IsOneNumberForEachText) {
  std::mt19937_64 random(TestSeed());
  std::map<std::pair<uint64_t, uint64_t>, std::string> texts;
  for (int i = 0; i < 200'000; ++i) {
    // Few different bytes, zero among them, so that texts repeat and differ in little.
    std::string text(random() % (kLongestShortText + 1), '\0');
    for (char& c : text) c = "\0a\xff"[random() % 3];
    const Word128 packed = PackText(text);
    const auto [at, is_new] = texts.emplace(std::pair(packed.high, packed.low), text);
    ASSERT_EQ(at->second, text);
  }
  EXPECT_GT(texts.size(), 1000u);
}

TEST(ShortText, IsTheSameNumberWhateverStandsBehindIt) {
  std::mt19937_64 random(TestSeed());
  for (int i = 0; i < 10'000; ++i) {
    std::string bytes(2 * (kLongestShortText + 1), '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const size_t n = random() % (kLongestShortText + 1);
    const std::string_view text = std::string_view(bytes).substr(random() % 16, n);
    ASSERT_EQ(PackReadableText(text), PackText(text)) << n;
  }
}

TEST(ShortText, EveryByteAndTheLengthCount) {
  for (size_t n = 0; n <= kLongestShortText; ++n) {
    const std::string text(n, 'x');
    for (size_t i = 0; i < n; ++i) {
      std::string other = text;
      other[i] = 'y';
      EXPECT_NE(PackText(text), PackText(other)) << n << " " << i;
    }
    if (n > 0) {
      EXPECT_NE(PackText(text), PackText(std::string_view(text).substr(1)));
    }
  }
}

TEST(ShortText, ReadsNothingBehindTheText) {
  // Blocks of exactly the text's size, which AddressSanitizer watches.
  for (size_t n = 1; n <= kLongestShortText; ++n) {
    const std::unique_ptr<char[]> bytes(new char[n]);
    std::fill_n(bytes.get(), n, 'z');
    EXPECT_EQ(PackText({bytes.get(), n}), PackText(std::string(n, 'z')));
  }
}

}  // namespace
}  // namespace rtstream
