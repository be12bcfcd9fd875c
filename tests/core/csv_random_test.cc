#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rtstream/core/csv_reader.h"
#include "rtstream/core/csv_writer.h"
#include "rtstream/testing/matchers.h"
#include "tests/base/rounds.h"
#include "tests/base/seed.h"
#include "tests/core/random_record.h"

namespace rtstream {
namespace {

using testing::IsOk;

// RFC 4180 as a machine of one byte at a time; none: refused.
std::optional<std::vector<std::string>> ReferenceFields(std::string_view text, char separator) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return std::nullopt;
  enum { kBegin, kPlain, kQuoted, kQuoteInQuotes } state = kBegin;
  std::vector<std::string> fields(1);
  for (char c : text) {
    if (c == '\0') return std::nullopt;
    if (state == kQuoted) {
      if (c == '"') {
        state = kQuoteInQuotes;
      } else {
        fields.back().push_back(c);
      }
    } else if (c == separator) {
      fields.emplace_back();
      state = kBegin;
    } else if (state == kQuoteInQuotes) {
      if (c != '"') return std::nullopt;
      fields.back().push_back(c);
      state = kQuoted;
    } else if (c == '"') {
      if (state != kBegin) return std::nullopt;
      state = kQuoted;
    } else {
      if (c == '\r' || c == '\n') return std::nullopt;
      fields.back().push_back(c);
      state = kPlain;
    }
  }
  if (state == kQuoted) return std::nullopt;
  return fields;
}

struct Texts {
  std::string_view a, b, c, d;
};

}  // namespace

template <>
struct Mapping<Texts> {
  static constexpr auto kFields = std::tuple{Field("a", &Texts::a), Field("b", &Texts::b),
                                             Field("c", &Texts::c), Field("d", &Texts::d)};
};

namespace {

std::string RandomField(testing::Random& random) {
  constexpr std::string_view kPieces[] = {"a", "TSHIRT-001", " ", "é", "日", "\t", "7"};
  constexpr std::string_view kQuotedPieces[] = {"a", "\"\"", ",", ";", "\r\n", "é", "a longer text, to fill the block"};
  std::string text;
  const bool is_quoted = random.Chance(0.3);
  for (uint64_t n = random.Below(6); n > 0; --n) {
    text += is_quoted ? kQuotedPieces[random.Below(std::size(kQuotedPieces))]
                      : kPieces[random.Below(std::size(kPieces))];
  }
  return is_quoted ? "\"" + text + "\"" : text;
}

TEST(CsvRandom, DamagedRecordsAreJudgedAsByASlowMachine) {
  testing::Random random(TestSeed());
  constexpr std::string_view kAlphabet("\",;a\r\n\0\xc3\xa9 ", 10);
  int accepted = 0, refused = 0;
  for (int i = 0; i < Rounds(200'000); ++i) {
    const char separator = ",;\t|"[random.Below(4)];
    absl::StatusOr<CsvReader<Texts>> reader = CsvReader<Texts>::Make({.separator = separator});
    ASSERT_THAT(reader, IsOk());
    std::string text = RandomField(random);
    for (int k = 0; k < 3; ++k) text += separator + RandomField(random);
    for (uint64_t n = random.Below(3); n > 0 && !text.empty(); --n) {
      const size_t at = random.Below(text.size());
      switch (random.Below(4)) {
        case 0: text[at] = static_cast<char>(random.Next()); break;
        case 1: text.insert(at, 1, kAlphabet[random.Below(kAlphabet.size())]); break;
        case 2: text.erase(at, 1); break;
        default: text.resize(at); break;
      }
    }
    const std::unique_ptr<char[]> exact(new char[text.size()]);
    text.copy(exact.get(), text.size());
    Arena arena;
    Texts got;
    const absl::Status status = reader->Read({exact.get(), text.size()}, arena, got);
    std::optional<std::vector<std::string>> want = ReferenceFields(text, separator);
    if (want && want->size() != 4) want.reset();
    ASSERT_EQ(status.ok(), want.has_value()) << text << "\n" << status;
    ++(status.ok() ? accepted : refused);
    if (want) {
      ASSERT_THAT(*want, ::testing::ElementsAre(got.a, got.b, got.c, got.d)) << text;
    }
  }
  EXPECT_GT(accepted, Rounds(20'000));
  EXPECT_GT(refused, Rounds(20'000));
}

TEST(CsvRandom, ARandomRecordReadsBackAsItself) {
  testing::Random random(TestSeed());
  for (int i = 0; i < Rounds(30'000); ++i) {
    const char separator = ",;\t|"[random.Below(4)];
    absl::StatusOr<CsvReader<Everything>> reader = CsvReader<Everything>::Make({.separator = separator});
    ASSERT_THAT(reader, IsOk());
    Arena arena;
    const Everything record = RandomRecord(random, arena, '\x01');
    std::string text;
    AppendCsv(record, text, separator);
    Everything back;
    ASSERT_THAT(reader->Read(text, arena, back), IsOk()) << text;
    ASSERT_EQ(back, record) << text;
  }
}

}  // namespace
}  // namespace rtstream
