#include "rtstream/op/facts.h"

#include "rtstream/base/text.h"

namespace rtstream::internal {

std::string_view ShortTypeName(std::string_view function) {
  // "... [with T = a::B<c>; ...]" by g++, "... [T = a::B<c>]" by clang.
  constexpr std::string_view kBefore = "T = ";
  const size_t begin = function.find(kBefore);
  if (begin == function.npos) return "record";
  std::string_view name = function.substr(begin + kBefore.size());
  size_t from = 0, arguments = name.npos, i = 0;
  for (int depth = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (depth == 0 && (c == ';' || c == ']')) break;
    if (depth == 0 && c == '<' && arguments == name.npos) arguments = i;
    if (c == '<' || c == '(' || c == '{' || c == '[') ++depth;
    if (c == '>' || c == ')' || c == '}' || c == ']') --depth;
    if (depth == 0 && c == ':') {
      from = i + 1;
      arguments = name.npos;
    }
  }
  const size_t end = arguments == name.npos ? i : arguments;
  name = name.substr(from, end - from);
  if (name == "basic_string_view") return "string_view";
  if (name == "basic_string") return "string";
  return name;
}

std::string ShortDuration(Duration d) {
  struct Unit {
    int64_t us;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {
      {3'600'000'000, " h"}, {60'000'000, " min"}, {1'000'000, " s"}, {1'000, " ms"}, {1, " us"}};
  for (const Unit& unit : kUnits) {
    if (d.count() != 0 && d.count() % unit.us == 0) return Concat(d.count() / unit.us, unit.name);
  }
  return "0 s";
}

}  // namespace rtstream::internal
