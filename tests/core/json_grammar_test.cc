#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "rtstream/core/json_reader.h"
#include "rtstream/testing/matchers.h"
#include "tests/core/everything.h"

// What is JSON and what is not. The kinds of cases are those of N. Seriot's JSONTestSuite ("Parsing JSON
// is a Minefield", 2016).

namespace rtstream {
namespace {

using testing::IsOk;
using testing::StatusIs;

absl::Status Read(std::string_view text) {
  // An allocation of exactly the text's size, so that a sanitizer sees a read past its end.
  const std::unique_ptr<char[]> exact(new char[text.size()]);
  text.copy(exact.get(), text.size());
  Arena arena;
  Everything out;
  return ReadJson(std::string_view(exact.get(), text.size()), arena, out);
}

// Nested arrays in a field that is skipped; the record itself is the first level.
std::string Nested(size_t levels) {
  return "{\"x\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
}

class GoodDocument : public ::testing::TestWithParam<std::string> {};
class GoodValue : public ::testing::TestWithParam<std::string> {};
class BadDocument : public ::testing::TestWithParam<std::string> {};
class BadValue : public ::testing::TestWithParam<std::string> {};

TEST_P(GoodDocument, IsRead) { EXPECT_THAT(Read(GetParam()), IsOk()) << GetParam(); }

TEST_P(GoodDocument, IsRefusedWhenItIsCutShort) {
  const std::string text = GetParam().substr(0, GetParam().rfind('}') + 1);
  for (size_t n = 0; n < text.size(); ++n) {
    ASSERT_THAT(Read(text.substr(0, n)), StatusIs(absl::StatusCode::kInvalidArgument)) << n;
  }
}

// Values are tried where they are skipped: what is not read is checked as strictly.
TEST_P(GoodValue, IsSkipped) {
  EXPECT_THAT(Read("{\"x\":" + GetParam() + "}"), IsOk());
  EXPECT_THAT(Read("{\"x\":[1,{\"y\":" + GetParam() + "}],\"i64\":7}"), IsOk());
}

TEST_P(BadDocument, IsRefused) {
  EXPECT_THAT(Read(GetParam()), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(BadValue, IsRefusedWhereItIsSkipped) {
  EXPECT_THAT(Read("{\"x\":" + GetParam() + "}"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Read("{\"x\":[" + GetParam() + "]}"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Read("{\"x\":{\"y\":" + GetParam() + "},\"i64\":7}"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    Json, GoodDocument,
    ::testing::Values(
        "{}", " {} ", "\t\r\n{\t\r\n}\t\r\n", R"({"i64":1})", R"({ "i64" : 1 , "u8" : 2 })",
        R"({"x":1,"x":2})", R"({"":0})", R"({"i64":1,"u8":2,"flag":true,"text":"a","maybe":null})",
        R"({"u8":2,"flag":true,"i64":1})", R"({"\u0069\u00364":1})", R"({"é":1,"日本":2,"😀":3})",
        R"({"a\"b":1,"i64":2})", Nested(64), R"({"x":[{},[],{"y":[[]]}]})"));

INSTANTIATE_TEST_SUITE_P(
    Json, GoodValue,
    ::testing::Values(
        "0", "-0", "1", "-1", "10", "0.5", "-0.5", "1e5", "1E5", "1e+5", "1e-5", "0e0", "0.0e-0", "1.5e05",
        "123456789012345678901234567890", "1e999", "-1e-999", "true", "false", "null", "\"\"", "[]", "{}",
        "[ ]", "{ }", "[1,2]", "[[],[]]", R"({"a":{"b":{}}})", R"("\"\\\/\b\f\n\r\t")",
        R"("\u0000")", R"("\u001f")", R"("\uD83D\uDE00")", R"("\ud83d\ude00")", R"("\uFFFF\uFFFE")",
        "\"\x7f\"", R"("é")", "\"\xf4\x8f\xbf\xbf\"", "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"",
        "\"\xef\xbf\xbf\"", "\"\xc2\x80\"", "\"\xe0\xa0\x80\"", "\"\xf0\x90\x80\x80\"",
        "\"\xe2\x80\xa8\"", R"("// no comment")", R"("a long text, so that the wide loop sees more than one block é")"));

INSTANTIATE_TEST_SUITE_P(
    Json, BadDocument,
    ::testing::Values(
        "", " ", "null", "1", "\"a\"", "[]", "[{}]", "{", "}", "{]", "{}}", "{}{}", "{},", "{}x", "{} {}",
        "{}\xc2\xa0", std::string("{}\0", 3), std::string("\0{}", 3), "\xef\xbb\xbf{}", "\xff\xfe{\0",
        "{\"x\"}", "{\"x\":}", "{\"x\":1", "{\"x\":1,", "{\"x\":1,}", "{,}", "{,\"x\":1}",
        "{\"x\":1,,\"y\":2}", "{\"x\":1 \"y\":2}", "{\"x\" 1}", "{\"x\"::1}", "{\"x\":1:2}", "{x:1}",
        "{'x':1}", "{1:1}", "{null:1}", "{\"x:1}", "{\"x\\\":1}", "{\"x\n\":1}", "{\"\\x\":1}",
        "{\"\\u12\":1}", "{\"\\ud800\":1}", "{\"\xff\":1}", "{\"\xc0\xaf\":1}", "{\"x\":1]", "{\"x\":[}]",
        "{\"x\":1}//", "{\"x\":1}/**/", "/**/{}", "{\"i64\":1,\"i64\":1}", "{\"i64\":1,\"\\u0069\\u00364\":1}",
        "{\"maybe\":null,\"maybe\":null}", Nested(65), Nested(1000), Nested(100'000),
        "{\"x\":" + std::string(100'000, '[')));

INSTANTIATE_TEST_SUITE_P(
    Json, BadValue,
    ::testing::Values(
        "01", "-01", "00", "1.", "-1.", ".5", "-.5", "+1", "-", "--1", "1e", "1e+", "1E-", "e5", "1.e5",
        "1.5.5", "1e5.5", "0x10", "1_000", "1,5x", "NaN", "nan", "Infinity", "-Infinity", "inf", "1a", "1 2",
        "0e", "- 1", "1 .5", "\xef\xbc\x91", "tru", "truE", "True", "TRUE", "truer", "fals", "falsee",
        "nul", "nulll", "None", "undefined", "t", "n", "[1,,2]", "[,1]", "[1,]", "[,]", "[1 2]", "[1:2]",
        "[", "]", "[[]", "[]]", "[1", "{\"a\":1,}", "{\"a\"}", "{a:1}", "{\"a\":1 \"b\":2}", "\"", "\"a",
        "a\"", "'a'", "\"\\\"", "\"\\x\"", "\"\\'\"", "\"\\U0041\"", "\"\\u\"", "\"\\u123\"", "\"\\u123g\"",
        "\"\\u+123\"", "\"\\u 123\"", "\"\\ud800\"", "\"\\udbff\"", "\"\\udc00\"", "\"\\udfff\"",
        "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\u0041\"", "\"\\ud800\\ud800\"", "\"\\ud83d\\ude0\"",
        "\"\\udc00\\ud800\"", "\"\n\"", "\"\t\"", "\"\r\"", "\"\x1f\"", "\"\x01\"", std::string("\"\0\"", 3),
        "\"\\\n\"", "\"\\\xc3\xa9\"", "\"\x80\"", "\"\xbf\"", "\"\xc3\"", "\"\xc3(\"", "\"\xc0\x80\"",
        "\"\xc1\xbf\"", "\"\xe2\x82\"", "\"\xe0\x80\x80\"", "\"\xe0\x9f\xbf\"", "\"\xed\xa0\x80\"",
        "\"\xed\xbf\xbf\"", "\"\xf0\x80\x80\x80\"", "\"\xf0\x8f\xbf\xbf\"", "\"\xf4\x90\x80\x80\"",
        "\"\xf5\x80\x80\x80\"", "\"\xf8\x88\x80\x80\x80\"", "\"\xfe\"", "\"\xff\"",
        "\"a long text, so that the wide loop sees it before it ends \xff\"",
        "\"a long text, so that the wide loop sees it before it ends \x02\"",
        "\"a long text, so that the wide loop sees it before it ends \\q\"", ",", ":", "#", "\x80",
        "//1", "/*1*/1", "1//", "*", "\xc2\xa0" "1", "\v1", "\f1"));

}  // namespace
}  // namespace rtstream
