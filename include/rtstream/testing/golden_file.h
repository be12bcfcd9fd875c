#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rtstream/testing/row_text.h"

namespace rtstream::testing {

// Compares a text with that of a file in the tree, which somebody has looked at: for outputs that are too
// long to stand in a test.
//
//   EXPECT_THAT(rt::testing::CompareWithGoldenFile(GOLDEN_DIR "/day.golden", rt::testing::GoldenText(sold.all())),
//               IsOk());
//
// If the environment variable RTSTREAM_UPDATE_GOLDEN is 1, the file is written instead, with the directories
// that lead to it, and the answer is OK: run the test once so, and look at what `git diff` shows.
//   FailedPrecondition  the texts differ; the message shows how, line by line
//   NotFound            there is no such file
//   others              as the system says
// Any thread.
absl::Status CompareWithGoldenFile(const std::string& path, std::string_view got);

// Rows as the text of a golden file: each a line, as RowText writes it. Rows whose order is not promised are
// sorted before. Any thread.
template <typename Rows>
std::string GoldenText(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) {
    text += RowText(row);
    text += '\n';
  }
  return text;
}

}  // namespace rtstream::testing
