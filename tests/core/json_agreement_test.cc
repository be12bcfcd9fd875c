#include <gtest/gtest.h>

#include <string>

#include "rtstream/core/json_writer.h"
#include "tests/base/rounds.h"
#include "tests/base/seed.h"
#include "tests/core/json_agreement.h"
#include "tests/core/json_mutation.h"
#include "tests/core/random_record.h"

// JsonReader and ReadJson must agree on every text: the verdict, its message, and the values.

namespace rtstream {
namespace {

std::string RandomAscii(testing::Random& random) {
  std::string text;
  for (uint64_t n = random.Below(random.Chance(0.1) ? 100 : 20); n > 0; --n) {
    text.push_back(static_cast<char>(random.Between('#', '[')));
  }
  return text;
}

// One whose values mostly are plain.
Everything PlainRecord(testing::Random& random, Arena& arena) {
  Everything r = RandomRecord(random, arena, ' ');
  const auto small = [&] { return random.Between(-1000, 10'000'000) >> random.Below(20); };
  r.i64 = small();
  r.u64 = random.Below(1'000'000);
  r.real = static_cast<double>(small()) / 100;
  r.view = arena.Copy(RandomAscii(random));
  r.text = RandomAscii(random);
  r.price.mantissa = small() * 10'000;
  r.cents.mantissa = small();
  r.time = Time(Duration(random.Between(1'700'000'000'000, 1'700'300'000'000) * 1000));
  r.code.Assign(RandomAscii(random).substr(0, 3));
  if (r.note) r.note = RandomAscii(random);
  return r;
}

template <typename T>
std::string TextOf(const T& record) {
  std::string text;
  AppendJson(record, text);
  return text;
}

TEST(JsonAgreement, HoldsOnRecordsOfEveryTypeThatWereChangedAtRandom) {
  testing::Random random(TestSeed());
  JsonAgreement<Everything> agreement;
  const uint64_t texts = Rounds(60'000u);
  Arena arena;
  for (uint64_t i = 0; i < texts; ++i) {
    arena.Clear();
    const Everything record =
        random.Chance(0.8) ? PlainRecord(random, arena) : RandomRecord(random, arena, ' ');
    const std::string text = Mutated(random, TextOf(record));
    const std::string behind = RandomBehind(random, text);
    ASSERT_EQ(agreement.Difference(text, behind), "") << text << "\nbehind: " << behind;
  }
  EXPECT_GT(agreement.accepted(), texts / 4);
  EXPECT_LT(agreement.accepted(), texts * 3 / 4);
  // Twice as many were read. The refused ones and few others are left to ReadJson.
  EXPECT_LT(agreement.strict_records(), 2 * (texts - agreement.accepted()) + texts / 5);
}

TEST(JsonAgreement, HoldsOnOlderAndNewerVersionsOfASchema) {
  testing::Random random(TestSeed());
  JsonAgreement<SaleEvent> agreement;
  for (int i = 0; i < Rounds(40'000); ++i) {
    SaleEvent sale;
    const std::string id = RandomAscii(random);
    sale.event_id = id;
    sale.quantity = static_cast<int32_t>(random.Between(-2, 30));
    sale.price.mantissa = random.Between(1, 20'000) * 10'000;
    sale.timestamp = Time(Duration(random.Between(0, 1'000'000'000) * 1000));
    sale.schema_version = static_cast<uint32_t>(random.Below(5));
    std::vector<std::string> members = MembersOf(TextOf(sale));
    if (random.Chance(0.4)) members.erase(members.begin() + random.Between(3, 6));
    const std::string text = Mutated(random, ObjectOf(members));
    const std::string behind = RandomBehind(random, text);
    ASSERT_EQ(agreement.Difference(text, behind), "") << text << "\nbehind: " << behind;
  }
  EXPECT_GT(agreement.accepted(), Rounds(8'000u));
}

TEST(JsonAgreement, HoldsAtEveryPlaceWhereATextMayBeCut) {
  testing::Random random(TestSeed());
  JsonAgreement<Everything> agreement;
  Arena arena;
  for (int i = 0; i < 20; ++i) {
    const std::string text = TextOf(PlainRecord(random, arena));
    for (size_t size = 0; size <= text.size(); ++size) {
      // What follows would make it whole.
      ASSERT_EQ(agreement.Difference(text.substr(0, size), text.substr(size) + " "), "") << text << size;
      ASSERT_EQ(agreement.Difference(text.substr(0, size) + "}", text.substr(size) + " "), "")
          << text << size;
    }
  }
}

TEST(JsonAgreement, HoldsWithinLimitsOfEverySize) {
  testing::Random random(TestSeed());
  Arena arena;
  for (int i = 0; i < Rounds(20'000); ++i) {
    JsonLimits limits;
    if (random.Chance(0.3)) limits.record = random.Below(600);
    if (random.Chance(0.3)) limits.members = random.Below(25);
    if (random.Chance(0.3)) limits.key = random.Below(8);
    if (random.Chance(0.3)) limits.string = random.Below(40);
    if (random.Chance(0.3)) limits.number = random.Below(40);
    if (random.Chance(0.3)) limits.depth = random.Below(4);
    JsonAgreement<Everything> agreement(limits);
    const std::string text = Mutated(random, TextOf(PlainRecord(random, arena)));
    ASSERT_EQ(agreement.Difference(text, "}"), "") << text;
  }
}

}  // namespace
}  // namespace rtstream
