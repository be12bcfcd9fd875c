#include "rtstream/testing/text_diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "rtstream/base/text.h"

namespace rtstream::testing {
namespace {

using Lines = absl::Span<const std::string>;

constexpr size_t kContext = 2;       // lines around what differs
constexpr size_t kMostShown = 60;    // lines of a diff
constexpr size_t kMostCells = 4 << 20;  // of the table of common subsequences

struct Line {
  char mark;  // ' ', '-' or '+'
  const std::string* text;
};

// What stands between the common beginning and end, by the longest common subsequence; where the table
// would be too large, all that is wanted and then all that was got.
void DiffMiddle(Lines want, Lines got, std::vector<Line>& out) {
  const size_t n = want.size(), m = got.size();
  std::vector<uint32_t> longest;
  const auto at = [&](size_t i, size_t j) -> uint32_t& { return longest[i * (m + 1) + j]; };
  const bool is_small = (n + 1) * (m + 1) <= kMostCells;
  if (is_small) {
    longest.assign((n + 1) * (m + 1), 0);
    for (size_t i = n; i-- > 0;) {
      for (size_t j = m; j-- > 0;) {
        at(i, j) = want[i] == got[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  size_t i = 0, j = 0;
  while (i < n || j < m) {
    if (is_small && i < n && j < m && want[i] == got[j]) {
      out.push_back({' ', &want[i]});
      ++i;
      ++j;
    } else if (i < n && (!is_small || j == m || at(i + 1, j) >= at(i, j + 1))) {
      out.push_back({'-', &want[i++]});
    } else {
      out.push_back({'+', &got[j++]});
    }
  }
}

std::vector<Line> Align(Lines want, Lines got) {
  size_t begin = 0, end = 0;
  const size_t shorter = std::min(want.size(), got.size());
  while (begin < shorter && want[begin] == got[begin]) ++begin;
  while (end < shorter - begin && want[want.size() - 1 - end] == got[got.size() - 1 - end]) ++end;
  std::vector<Line> lines;
  for (size_t i = 0; i < begin; ++i) lines.push_back({' ', &want[i]});
  DiffMiddle(want.subspan(begin, want.size() - begin - end), got.subspan(begin, got.size() - begin - end),
             lines);
  for (size_t i = want.size() - end; i < want.size(); ++i) lines.push_back({' ', &want[i]});
  return lines;
}

}  // namespace

std::string DiffLines(Lines want, Lines got) {
  if (want == got) return "";
  const std::vector<Line> lines = Align(want, got);
  // Shown is what lies near a difference.
  std::vector<bool> is_shown(lines.size(), false);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == ' ') continue;
    const size_t last = std::min(lines.size() - 1, i + kContext);
    for (size_t near = i - std::min(i, kContext); near <= last; ++near) is_shown[near] = true;
  }
  std::string text;
  size_t number = 1, shown = 0, left = 0;  // the line of `want`
  for (size_t i = 0; i < lines.size(); ++i) {
    if (is_shown[i] && shown < kMostShown) {
      if (i == 0 || !is_shown[i - 1]) text += Concat("line ", number, ":\n");
      text += Concat(std::string_view(&lines[i].mark, 1), " ", *lines[i].text, "\n");
      ++shown;
    } else if (lines[i].mark != ' ') {
      ++left;
    }
    if (lines[i].mark != '+') ++number;
  }
  if (left > 0) text += Concat("... and ", left, " more lines that differ\n");
  return text;
}

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace rtstream::testing
