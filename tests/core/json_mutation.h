#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/testing/random.h"

namespace rtstream {

// The members of an object as they stand in its text.
inline std::vector<std::string> MembersOf(std::string_view object) {
  std::vector<std::string> members(1);
  bool is_in_text = false;
  for (size_t i = 1; i + 1 < object.size(); ++i) {
    const char c = object[i];
    if (c == '"') is_in_text = !is_in_text;
    if (c == ',' && !is_in_text) {
      members.emplace_back();
      continue;
    }
    members.back().push_back(c);
    if (c == '\\') members.back().push_back(object[++i]);
  }
  return members;
}

inline std::string ObjectOf(const std::vector<std::string>& members, std::string_view separator = ",") {
  std::string text = "{";
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) text += separator;
    text += members[i];
  }
  return text + "}";
}

template <size_t kCount>
std::string_view OneOf(testing::Random& random, const std::string_view (&choices)[kCount]) {
  return choices[random.Below(kCount)];
}

// A number or another value, mostly well formed, and near to what a plain reader takes.
inline std::string RandomScalar(testing::Random& random) {
  constexpr std::string_view kOdd[] = {
      "0", "-0", "-0.0", "00", "01", "-01", "1.", ".5", "-", "--1", "+1", "1e2", "1E+2", "1e-2", "12.345", "12.340",
      "0.000001", "0.0000001", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
      "18446744073709551615", "18446744073709551616", "999999999999999999", "1000000000000000000", "127", "128",
      "-128", "-129", "255", "256", "2147483647", "2147483648", "4294967296", "1.7976931348623157e308", "1e999",
      "0.1", "123456.7", "1234567.8", "12345678", "123456789.12", "true", "false", "null", "nul", "tru", "falsE",
      "\"\"", "\"7\"", "\"EUR\"", "\"EU\"", "\"EURO\"", "\"\\u0045UR\"", "\"E}R\"", "\"a\\\"b\"", "\"caf\xc3\xa9\"",
      "\"\xc3\"", "\"2025-11-28T14:23:45.123Z\"", "\"2025-11-28T14:23:45Z\"", "\"2025-11-28T14:23:45.123456Z\"",
      "\"2025-11-28T14:23:45.12Z\"", "\"2025-11-28T24:00:00Z\"", "\"2025-02-29T00:00:00Z\"",
      "\"2024-02-29T23:59:60Z\"", "\"2025-11-28t14:23:45.123z\"", "\"2025-11-28T14:23:45.123+01:00\"",
      "\"2025-11-28T14:23:4a.123Z\"", "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"",
      "\"F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6\"", "\"f81d4fae-7dec-11d0-a765-00a0c91e6bfg\"", "{}", "[1,{\"a\":2}]",
      "{\"a\":[]}", "[", " 1", "1 ", "  \"x\""};
  if (random.Chance(0.6)) return std::string(OneOf(random, kOdd));
  std::string text = std::to_string(static_cast<int64_t>(random.Next()) >> random.Below(64));
  if (random.Chance(0.5)) text += "." + std::to_string(random.Below(10'000'000) >> random.Below(20));
  if (random.Chance(0.1)) text += "e" + std::to_string(random.Between(-20, 20));
  return text;
}

// Changes the text of an object as programs, and then as wires do.
inline std::string Mutated(testing::Random& random, const std::string& object) {
  std::vector<std::string> members = MembersOf(object);
  constexpr std::string_view kSeparators[] = {",", ", ", ",  ", " ,", ",\n", ",\t", ",,", ""};
  const bool is_calm = random.Chance(0.5);
  for (uint64_t n = is_calm ? 0 : random.Below(4); n > 0 && !members.empty(); --n) {
    const size_t at = random.Below(members.size());
    const size_t colon = members[at].find("\":");
    switch (random.Below(10)) {
      case 0:
        for (size_t i = members.size(); i > 1; --i) std::swap(members[i - 1], members[random.Below(i)]);
        break;
      case 1: std::swap(members[at], members[random.Below(members.size())]); break;
      case 2: members.push_back(members[at]); break;
      case 3: members.erase(members.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 4:
        members.insert(members.begin() + static_cast<std::ptrdiff_t>(at), "\"other\":" + RandomScalar(random));
        break;
      case 5:
        if (colon != std::string::npos) members[at].insert(colon + 2, 1, " \t\n"[random.Below(3)]);
        break;
      case 6:
        if (colon > 1 && colon != std::string::npos) members[at].replace(1, 1, "\\u0069");
        break;
      default:
        if (colon != std::string::npos) members[at].replace(colon + 2, std::string::npos, RandomScalar(random));
        break;
    }
  }
  std::string text = ObjectOf(members, random.Chance(0.9) ? "," : OneOf(random, kSeparators));
  constexpr char kAlphabet[] = "{}[]:,\"\\ \n\r0123456789-+.eETZtrufalsn\x80\xc3\xa9\x01\0/";
  const auto character = [&] { return kAlphabet[random.Below(sizeof kAlphabet - 1)]; };
  for (uint64_t n = random.Chance(0.6) ? 0 : random.Below(4); n > 0 && !text.empty(); --n) {
    const size_t at = random.Below(text.size());
    switch (random.Below(7)) {
      case 0: text[at] = static_cast<char>(random.Next()); break;
      case 1: text[at] = character(); break;
      case 2: text.insert(at, 1, character()); break;
      case 3: text.erase(at, 1 + random.Below(4)); break;
      case 4: text.insert(at, text.substr(random.Below(text.size()), random.Below(12))); break;
      case 5: text.resize(at); break;
      default: text.push_back(character()); break;
    }
  }
  return text;
}

// What may stand behind a text: the worst is its own continuation.
inline std::string RandomBehind(testing::Random& random, std::string_view text) {
  switch (random.Below(4)) {
    case 0: return "\n" + std::string(text.substr(0, 63)) + "}";
    case 1: return text.empty() ? "}" : std::string(text.substr(random.Below(text.size())));
    case 2: return std::string(1, "}\"0,.Z-: \\"[random.Below(10)]);
    default: return std::string(1, static_cast<char>(random.Next()));
  }
}

}  // namespace rtstream
