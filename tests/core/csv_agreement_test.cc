#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "rtstream/core/csv_reader.h"
#include "rtstream/core/csv_writer.h"
#include "rtstream/testing/matchers.h"
#include "tests/base/rounds.h"
#include "tests/base/seed.h"
#include "tests/core/json_mutation.h"
#include "tests/core/random_record.h"
#include "tests/core/reading_agreement.h"

// CsvReader must agree with its strict part on every text: the verdict, its message, and the values.

namespace rtstream {
namespace {

template <typename T>
class CsvAgreement {
 public:
  explicit CsvAgreement(const CsvOptions& options)
      : strict_(*internal::CsvColumns::Make(internal::kCsvFields<T>, options)),
        reader_(*CsvReader<T>::Make(options)) {}

  // What differs; empty if nothing does.
  std::string Difference(std::string_view text, std::string_view behind) {
    arena_.Clear();
    const std::unique_ptr<char[]> alone = CopyOf(text, "");
    const std::string_view exact(alone.get(), text.size());
    T want{};
    uint64_t seen = 0;
    absl::Status verdict = strict_.Read(exact, arena_, &want, seen);
    if (verdict.ok()) verdict = internal::CheckPresent(want, seen);
    accepted_ += verdict.ok() ? 1u : 0u;

    const std::unique_ptr<char[]> padded = CopyOf(text, behind);
    const char* const readable_end = padded.get() + text.size() + PlainInput::kReach;
    if (T got{}; Differs(reader_.Read({padded.get(), text.size()}, readable_end, arena_, got), verdict, got, want)) {
      return "held";
    }
    if (T got{}; Differs(reader_.Read(exact, arena_, got), verdict, got, want)) return "alone";
    return "";
  }
  uint64_t accepted() const { return accepted_; }
  uint64_t strict_records() const { return reader_.strict_records(); }

 private:
  internal::CsvColumns strict_;
  CsvReader<T> reader_;
  Arena arena_;
  uint64_t accepted_ = 0;
};

std::string ScalarAsField(testing::Random& random) {
  std::string text = RandomScalar(random);
  if (text.size() > 1 && text[0] == '"' && random.Chance(0.8)) text = text.substr(1, text.size() - 2);
  return text;
}

// Fields as they stand in a record that has no quotes.
std::vector<std::string> FieldsOf(std::string_view record, char separator) {
  std::vector<std::string> fields(1);
  for (const char c : record) {
    if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back().push_back(c);
    }
  }
  return fields;
}

std::string MutatedRecord(testing::Random& random, const std::string& record, char separator) {
  std::vector<std::string> fields = FieldsOf(record, separator);
  for (uint64_t n = random.Below(3); n > 0 && !fields.empty(); --n) {
    const size_t at = random.Below(fields.size());
    switch (random.Below(8)) {
      case 0: fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 1: fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(at), fields[at]); break;
      case 2: fields[at].clear(); break;
      case 3: fields[at] = "\"" + fields[at] + "\""; break;
      default: fields[at] = ScalarAsField(random); break;
    }
  }
  std::string text;
  for (size_t i = 0; i < fields.size(); ++i) text += (i > 0 ? std::string(1, separator) : "") + fields[i];
  constexpr char kAlphabet[] = ",;\t|\"\r\n 0123456789-+.eETZ\x80\xc3\xa9\x01\0/";
  for (uint64_t n = random.Chance(0.7) ? 0 : random.Below(3); n > 0 && !text.empty(); --n) {
    const size_t at = random.Below(text.size());
    const char c = random.Chance(0.2) ? static_cast<char>(random.Next()) : kAlphabet[random.Below(sizeof kAlphabet - 1)];
    switch (random.Below(4)) {
      case 0: text[at] = c; break;
      case 1: text.insert(at, 1, c); break;
      case 2: text.erase(at, 1 + random.Below(3)); break;
      default: text.resize(at); break;
    }
  }
  return text;
}

std::string BehindRecord(testing::Random& random, std::string_view text, char separator) {
  switch (random.Below(4)) {
    case 0: return "\n" + std::string(text);
    case 1: return "\r\n" + std::string(text);
    case 2: return std::string(1, separator);
    default: return std::string(1, "0.Z-\" "[random.Below(6)]);
  }
}

Everything PlainRecord(testing::Random& random, Arena& arena) {
  Everything r = RandomRecord(random, arena, ' ');
  const auto small = [&] { return random.Between(-1000, 10'000'000) >> random.Below(20); };
  std::string letters;
  for (uint64_t n = random.Below(40); n > 0; --n) letters.push_back(static_cast<char>(random.Between('A', 'Z')));
  r.i64 = small();
  r.u64 = random.Below(1'000'000);
  r.real = static_cast<double>(small()) / 100;
  r.view = arena.Copy(letters);
  r.text = letters;
  r.price.mantissa = small() * 10'000;
  r.cents.mantissa = small();
  r.code.Assign(letters.substr(0, 3));
  if (r.note) r.note = "TSHIRT-001";
  return r;
}

TEST(CsvAgreement, HoldsOnRecordsOfEveryTypeThatWereChangedAtRandom) {
  testing::Random random(TestSeed());
  const uint64_t rounds = Rounds(60u), texts = 1'000;
  uint64_t accepted = 0, strict = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    const char separator = ",;\t|"[random.Below(4)];
    CsvAgreement<Everything> agreement({.separator = separator});
    for (uint64_t i = 0; i < texts; ++i) {
      Arena arena;
      std::string text;
      AppendCsv(random.Chance(0.9) ? PlainRecord(random, arena) : RandomRecord(random, arena, '\x01'), text, separator);
      text = MutatedRecord(random, text, separator);
      const std::string behind = BehindRecord(random, text, separator);
      ASSERT_EQ(agreement.Difference(text, behind), "") << text << "\nbehind: " << behind;
    }
    accepted += agreement.accepted();
    strict += agreement.strict_records();
  }
  const uint64_t all = rounds * texts;
  EXPECT_GT(accepted, all / 5);
  EXPECT_LT(accepted, all * 4 / 5);
  // Twice as many were read. The refused ones and those with quotes, line ends or UTF-8 are read strictly.
  EXPECT_LT(strict, 2 * (all - accepted) + all / 2);
}

TEST(CsvAgreement, HoldsForColumnsInEveryOrder) {
  testing::Random random(TestSeed());
  for (int round = 0; round < 300; ++round) {
    CsvOptions options{.columns = {"eventId", "quantity", "price", "timestamp", "schemaVersion"}};
    for (const std::string_view name : {"source", "channel", "other", "more"}) {
      if (random.Chance(0.5)) options.columns.emplace_back(name);
    }
    for (size_t i = options.columns.size(); i > 1; --i) {
      std::swap(options.columns[i - 1], options.columns[random.Below(i)]);
    }
    if (random.Chance(0.3)) {
      options.columns = {"eventId", "quantity", "price", "timestamp", "source", "channel", "schemaVersion"};
    }
    CsvAgreement<SaleEvent> agreement(options);
    for (int i = 0; i < 100; ++i) {
      std::string text;
      for (const std::string& column : options.columns) {
        if (!text.empty()) text += ",";
        text += column == "eventId"         ? "a-17"
                : column == "quantity"      ? "2"
                : column == "price"         ? "24.99"
                : column == "timestamp"     ? "2025-11-28T14:23:45.123Z"
                : column == "schemaVersion" ? std::to_string(random.Below(5))
                : random.Chance(0.5)        ? ""
                : random.Chance(0.5)        ? "\"x\""
                                            : "x";
      }
      if (random.Chance(0.5)) text = MutatedRecord(random, text, ',');
      const std::string behind = BehindRecord(random, text, ',');
      ASSERT_EQ(agreement.Difference(text, behind), "") << text << "\nbehind: " << behind;
    }
  }
}

TEST(CsvAgreement, HoldsWithinLimitsOfEverySize) {
  testing::Random random(TestSeed());
  for (int i = 0; i < Rounds(10'000); ++i) {
    CsvOptions options;
    if (random.Chance(0.5)) options.limits.record = random.Below(300);
    if (random.Chance(0.5)) options.limits.field = random.Below(40);
    CsvAgreement<Everything> agreement(options);
    Arena arena;
    std::string text;
    AppendCsv(PlainRecord(random, arena), text);
    ASSERT_EQ(agreement.Difference(text, "\n"), "") << text;
  }
}

TEST(CsvAgreement, RecordsOfALineSourceAreReadAsPlain) {
  CsvAgreement<SaleEvent> agreement({});
  const std::string text = "a-17,2,24.99,2025-11-28T14:23:45.123Z,,web,3";
  for (const std::string_view behind : {"\n", "\r\n", "\nnext,line"}) EXPECT_EQ(agreement.Difference(text, behind), "");
  EXPECT_EQ(agreement.accepted(), 3u);
  EXPECT_EQ(agreement.strict_records(), 0u);
}

}  // namespace
}  // namespace rtstream
