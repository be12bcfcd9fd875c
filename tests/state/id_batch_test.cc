#include "rtstream/state/id_batch.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "rtstream/state/checkpoint.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;

// What a batch keeps of a text, as bytes: a number's begin with "#".
std::string Packed(std::string_view id) {
  IdBatch ids;
  ids.AddText("the one before");
  ids.AddText(id);
  if (!ids.is_number(1)) return std::string(ids.text(1));
  const Word128 number = ids.number(1);
  return "#" + OrderedHex(number.high) + OrderedHex(number.low);
}

TEST(IdBatch, CanonicalUuidIsItsNumber) {
  EXPECT_EQ(Packed("0123456a-89ab-cdef-fedc-ba9876543210"), "#0123456a89abcdeffedcba9876543210");
}

TEST(IdBatch, OtherTextStaysWhatItIs) {
  for (const std::string id :
       {"", "a", "0123456A-89AB-CDEF-0123-456789ABCDEF", "0123456a-89ab-cdef-0123-456789abcdeg",
        "0123456a+89ab-cdef-0123-456789abcdef", "0123456a-89ab-cdef-0123-456789abcdef0",
        "0123456-a89ab-cdef-0123-456789abcdef"}) {
    EXPECT_EQ(Packed(id), id);
  }
}

TEST(IdBatch, RandomTextsAreTheSameOnlyIfTheirBytesAre) {
  Random random(TestSeed());
  std::map<std::string, std::string> text_of;
  for (int i = 0; i < 20'000; ++i) {
    std::string id(random.Chance(0.5) ? 36 : random.Below(4), '\0');
    for (size_t k = 0; k < id.size(); ++k) {
      id[k] = k == 8 || k == 13 || k == 18 || k == 23 ? '-' : "0aAf\0g"[random.Below(i % 2 == 0 ? 2 : 6)];
    }
    const auto [it, is_new] = text_of.emplace(Packed(id), id);
    ASSERT_EQ(it->second, id);
  }
}

}  // namespace
}  // namespace rtstream
