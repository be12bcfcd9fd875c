#include "rtstream/connectors/dead_letter_file.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"

namespace rtstream {
namespace {

std::string Line(const DeadLetter& letter) {
  std::string out;
  DeadLetterLine()(letter, out);
  return out;
}

DeadLetter Letter() {
  DeadLetter letter;
  letter.op = "validate";
  letter.code = absl::StatusCode::kInvalidArgument;
  letter.message = "want a quantity > 0, got \"-1\"";
  letter.partition = "sales.ndjson";
  letter.position = 1234;
  letter.length = 7;
  letter.bytes = "{\"a\":1}";
  return letter;
}

TEST(DeadLetterFile, ALineSaysWhatWasRefusedWhereAndWhy) {
  EXPECT_EQ(Line(Letter()),
            R"({"operator":"validate","code":"INVALID_ARGUMENT",)"
            R"("message":"want a quantity > 0, got \"-1\"","partition":"sales.ndjson",)"
            R"("position":1234,"length":7,"bytes":"eyJhIjoxfQ=="})");
}

TEST(DeadLetterFile, AnyBytesAreOneLine) {
  DeadLetter letter = Letter();
  letter.bytes = std::string("\0\n\xff\"", 4);
  EXPECT_EQ(Line(letter).find('\n'), std::string::npos);
  EXPECT_NE(Line(letter).find(R"("bytes":"AAr/Ig==")"), std::string::npos);
}

TEST(DeadLetterFile, NoMoreThanTheFirstBytesAreKept) {
  DeadLetter letter = Letter();
  letter.bytes.assign(DeadLetter::kMaxBytes + 1, 'x');
  const std::string line = Line(letter);
  const size_t begin = line.find("\"bytes\":\"") + 9;
  std::string bytes;
  ASSERT_TRUE(absl::Base64Unescape(line.substr(begin, line.size() - 2 - begin), &bytes));
  EXPECT_EQ(bytes, std::string(DeadLetter::kMaxBytes, 'x'));
}

TEST(DeadLetterFile, ATextThatIsNoUtf8IsStillJson) {
  DeadLetter letter = Letter();
  letter.partition = "caf\xe9.csv";
  EXPECT_NE(Line(letter).find(R"("partition":"caf?.csv")"), std::string::npos);
}

}  // namespace
}  // namespace rtstream
