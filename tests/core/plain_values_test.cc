#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

#include "rtstream/base/text.h"
#include "rtstream/core/json_codec.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

// Reads `text`, which a brace and PlainInput::kReach bytes of any kind follow; -1: not plain.
template <typename V>
std::ptrdiff_t SizeOfPlain(std::string_view text, V& out, char behind = '7') {
  const size_t size = text.size() + 1;
  const std::unique_ptr<char[]> bytes(new char[size + PlainInput::kReach]);
  text.copy(bytes.get(), text.size());
  bytes[text.size()] = '}';
  std::memset(bytes.get() + size, behind, PlainInput::kReach);
  PlainInput in;
  in.Begin(bytes.get(), bytes.get() + size, bytes.get());
  const char* const end = JsonCodec<V>::ReadPlain(bytes.get(), in, out);
  return end == nullptr ? -1 : end - bytes.get();
}

TEST(PlainValues, MoneyOfUpToSevenCharactersIsReadAtOnce) {
  for (int64_t cents = 0; cents < 1'000'000; cents += cents < 2'000 ? 1 : 997) {
    const std::string digits = std::to_string(100 + cents % 100).substr(1);
    const std::string text = Concat(cents / 100, ".", digits);
    Decimal<6> six;
    Decimal<2> two;
    ASSERT_EQ(SizeOfPlain(text, six), static_cast<std::ptrdiff_t>(text.size())) << text;
    ASSERT_EQ(SizeOfPlain(text, two), static_cast<std::ptrdiff_t>(text.size())) << text;
    ASSERT_EQ(six.mantissa, cents * 10'000) << text;
    ASSERT_EQ(two.mantissa, cents) << text;
  }
}

TEST(PlainValues, NumbersInOtherFormsAreLeft) {
  Decimal<2> decimal;
  for (const std::string_view text : {"01.5", "-01.5", "1.", ".5", "-", "", "1.234", "+1.5", "00", "1.2.3.4."}) {
    const std::ptrdiff_t size = SizeOfPlain(text, decimal);
    EXPECT_TRUE(size < 0 || static_cast<size_t>(size) < text.size()) << text;
  }
  uint8_t narrow = 0;
  for (const std::string_view text : {"256", "-1", "01", "-0", "", "99999999999999999999"}) {
    EXPECT_EQ(SizeOfPlain(text, narrow), -1) << text;
  }
  double real = 0;
  for (const std::string_view text : {"--5", "--0", "9007199254740993", "0.12345678901234567", "-"}) {
    EXPECT_EQ(SizeOfPlain(text, real), -1) << text;
  }
}

TEST(PlainValues, ATextEndsAtItsQuoteOnlyIfItIsPlain) {
  testing::Random random(TestSeed());
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (uint64_t n = random.Below(80); n > 0; --n) {
      text.push_back(static_cast<char>(random.Chance(0.99) ? random.Between('#', '[')
                                                           : random.Between(0, 255)));
    }
    if (random.Chance(0.9)) text += "\"x";
    std::ptrdiff_t want = 0;
    const auto is_plain = [](char c) { return c >= 0x20 && c != '"' && c != '\\'; };
    while (want < std::ssize(text) && is_plain(text[static_cast<size_t>(want)])) ++want;
    if (want == std::ssize(text) || text[static_cast<size_t>(want)] != '"') want = -1;
    std::string_view view;
    std::string own;
    ASSERT_EQ(SizeOfPlain(text, view, '}'), want) << text;
    ASSERT_EQ(SizeOfPlain(text, own, '}'), want) << text;
    // The portable way, which other processors use.
    text.resize(text.size() + PlainInput::kReach, '}');
    const char* const end =
        internal::PlainTextEndPortable(text.data(), text.data() + text.size() - PlainInput::kReach + 1);
    ASSERT_EQ(end == nullptr ? -1 : end - text.data(), want) << text;
  }
}

TEST(PlainValues, ATimeIsReadAsTheStrictReaderDoes) {
  testing::Random random(TestSeed());
  constexpr std::string_view kForms[] = {"2025-11-28T14:23:45Z", "2025-11-28T14:23:45.123Z", "2024-02-29T23:59:59.999999Z"};
  int read = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text(kForms[random.Below(3)]);
    for (uint64_t n = random.Below(3); n > 0; --n) {
      text[random.Below(text.size())] = static_cast<char>(random.Chance(0.5) ? random.Between('0', '9') : random.Between(',', '['));
    }
    Time got{};
    const absl::StatusOr<Time> want = ParseRfc3339(text);
    const std::ptrdiff_t size = SizeOfPlain(text + "\"", got);
    if (size != std::ssize(text)) continue;
    ++read;
    ASSERT_TRUE(want.ok()) << text;
    ASSERT_EQ(got, *want) << text;
  }
  EXPECT_GT(read, 60'000);
}

}  // namespace
}  // namespace rtstream
