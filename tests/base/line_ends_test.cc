#include "rtstream/base/line_ends.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;

constexpr size_t kPadding = 64;

// What FindLineEnds finds in `text`, behind which other ends follow.
std::vector<uint32_t> Find(std::string text, size_t most) {
  const size_t size = text.size();
  text.append(kPadding, '\n');
  std::vector<uint32_t> ends(most);
  ends.resize(FindLineEnds({text.data(), size}, ends.data(), most));
  return ends;
}

std::vector<uint32_t> Expected(const std::string& text, size_t most) {
  std::vector<uint32_t> ends;
  for (size_t i = 0; i < text.size() && ends.size() < most; ++i) {
    if (text[i] == '\n') ends.push_back(static_cast<uint32_t>(i));
  }
  return ends;
}

TEST(LineEnds, AreThoseOfALookAtEachByte) {
  Random random(TestSeed());
  for (size_t size = 0; size < 700; ++size) {
    const uint64_t one_of = 1 + random.Below(100);
    std::string text(size, 'x');
    for (char& c : text) {
      if (random.Below(one_of) == 0) c = '\n';
    }
    const size_t most = 1 + random.Below(40);
    ASSERT_EQ(Find(text, most), Expected(text, most)) << size;
  }
}

TEST(LineEnds, OfATextThatIsNothingElseAreAsManyAsAreWanted) {
  EXPECT_EQ(Find(std::string(200, '\n'), 70).size(), 70u);
  EXPECT_EQ(Find(std::string(200, '\n'), 300).size(), 200u);
}

TEST(LineEnds, BehindTheTextDoNotCount) {
  EXPECT_TRUE(Find("no end", 8).empty());
  EXPECT_TRUE(Find("", 8).empty());
}

}  // namespace
}  // namespace rtstream
