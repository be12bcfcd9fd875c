#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace rtstream::testing {

// How `got` differs from `want`, line by line, as `diff -u` shows it: lines that are wanted and missing
// begin with "- ", lines that are there and not wanted with "+ ", those around them with "  ". Empty if the
// two are equal. At most some 60 lines: then it says how many more there are.
//
//   EXPECT_EQ(rt::testing::DiffLines({"a", "b"}, {"a", "c"}), "line 1:\n  a\n- b\n+ c\n");
//
// Any thread.
std::string DiffLines(absl::Span<const std::string> want, absl::Span<const std::string> got);

// The lines of a text, without their LF. A text that does not end with LF has a last line all the same.
std::vector<std::string> SplitLines(std::string_view text);

}  // namespace rtstream::testing
