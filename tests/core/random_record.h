#pragma once

#include <bit>
#include <cmath>
#include <string>

#include "rtstream/base/arena.h"
#include "rtstream/testing/random.h"
#include "tests/core/everything.h"

namespace rtstream {

// UTF-8 of any kind, all ASCII characters from `first_char` on among it.
inline std::string RandomUtf8(testing::Random& random, char first_char) {
  constexpr std::string_view kWide[] = {"é", "\xc2\x80", "日", "\xed\x9f\xbf", "😀", "\xf4\x8f\xbf\xbf"};
  std::string text;
  for (uint64_t n = random.Below(random.Chance(0.1) ? 200 : 12); n > 0; --n) {
    if (random.Chance(0.2)) {
      text += kWide[random.Below(std::size(kWide))];
    } else {
      text.push_back(static_cast<char>(random.Between(first_char, 0x7f)));
    }
  }
  return text;
}

inline Everything RandomRecord(testing::Random& random, Arena& arena, char first_char) {
  const auto integer = [&] { return static_cast<int64_t>(random.Next()) >> random.Below(64); };
  Everything r;
  r.i8 = static_cast<int8_t>(integer());
  r.i32 = static_cast<int32_t>(integer());
  r.i64 = integer();
  r.u8 = static_cast<uint8_t>(integer());
  r.u32 = static_cast<uint32_t>(integer());
  r.u64 = static_cast<uint64_t>(integer());
  r.real = std::bit_cast<double>(random.Next());
  if (!std::isfinite(r.real)) r.real = 0.1;
  r.flag = random.Chance(0.5);
  r.view = arena.Copy(RandomUtf8(random, first_char));
  r.text = RandomUtf8(random, first_char);
  r.price.mantissa = integer();
  r.cents.mantissa = integer();
  r.time = Time(Duration(random.Between(-62'167'219'200'000'000, 253'402'300'799'999'999)));
  r.uuid = {random.Next(), random.Next()};
  if (const std::string code = RandomUtf8(random, 1); !r.code.Assign(code)) r.code.Assign("eur");
  if (random.Chance(0.5)) r.maybe = integer();
  if (random.Chance(0.5)) r.note = RandomUtf8(random, first_char);
  return r;
}

}  // namespace rtstream
