#include "rtstream/core/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "rtstream/base/text.h"
#include "rtstream/testing/matchers.h"
#include "tests/core/everything.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

struct Point {
  std::string_view name;
  int32_t x = 0;
  int32_t y = 0;
  std::string_view note = "none";
};

enum class Colour { kNone, kRed };

struct Painted {
  int32_t x = 0;
  Colour colour = Colour::kNone;
};

// Not trivially copyable, with a codec that builds on what it finds.
struct Tags {
  std::string all;
};
struct Tagged {
  int32_t x = 0;
  Tags tags;
};

}  // namespace

template <>
struct Mapping<Point> {
  static constexpr auto kFields =
      std::tuple{Field("name", &Point::name), Field("x", &Point::x), Field("y", &Point::y),
                 Field("note", &Point::note, {.required = false})};
};

template <>
struct JsonCodec<Colour> {
  static bool Read(JsonCursor& in, Colour& out) {
    std::string_view text;
    if (!in.ReadString(text)) return false;
    out = Colour::kRed;
    return text == "red" || in.Fail("red");
  }
};
template <>
struct Mapping<Painted> {
  static constexpr auto kFields =
      std::tuple{Field("x", &Painted::x), Field("colour", &Painted::colour)};
};

template <>
struct JsonCodec<Tags> {
  static bool Read(JsonCursor& in, Tags& out) {
    std::string_view text;
    if (!in.ReadString(text)) return false;
    out.all.append(text);
    return true;
  }
};
template <>
struct Mapping<Tagged> {
  static constexpr auto kFields = std::tuple{Field("x", &Tagged::x), Field("tags", &Tagged::tags)};
};

namespace {

class JsonReaderTest : public ::testing::Test {
 protected:
  template <typename T>
  absl::Status ReadInto(JsonReader<T>& reader, std::string_view text, T& out) {
    const size_t size = text.size();
    bytes_.reset(new char[size + PlainInput::kReach]());
    text.copy(bytes_.get(), size);
    return reader.Read({bytes_.get(), size}, bytes_.get() + size + PlainInput::kReach, arena_, out);
  }
  Point Read(std::string_view text) {
    Point out;
    EXPECT_THAT(ReadInto(points_, text, out), IsOk()) << text;
    return out;
  }
  uint64_t strict() const { return points_.strict_records(); }

  JsonReader<Point> points_;
  std::unique_ptr<char[]> bytes_;
  Arena arena_;
};

TEST_F(JsonReaderTest, ReadsMembersInDeclaredOrder) {
  const Point point = Read(R"({"name":"a","x":1,"y":-2,"note":"b"})");
  EXPECT_EQ(point.name, "a");
  EXPECT_EQ(point.x, 1);
  EXPECT_EQ(point.y, -2);
  EXPECT_EQ(point.note, "b");
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, ReadsAnotherOrderFromTheFirstRecordOn) {
  for (int i = 0; i < 5; ++i) {
    const Point point = Read(R"({"y":7,"note":"b","x":1,"name":"a"})");
    EXPECT_EQ(point.y, 7);
    EXPECT_EQ(point.name, "a");
  }
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, ReadsOnWhenTheOrderChanges) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Read(R"({"y":7,"note":"b","x":1,"name":"a"})").x, 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Read(R"({"note":"b","x":2,"y":7,"name":"a"})").x, 2);
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, ReadsTwoProducersWhoAlternate) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Read(R"({"y":7,"note":"b","x":1,"name":"a"})").note, "b");
    EXPECT_EQ(Read(R"({"name": "a", "y": 7, "x": 2})").note, "none");
  }
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, AnAbsentFieldKeepsWhatItsMemberHolds) {
  EXPECT_EQ(Read(R"({"name":"a","x":1,"y":2})").note, "none");
  EXPECT_EQ(Read(R"({"x":1,"y":2,"name":"a"})").note, "none");
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, ReadsTheSpacesOfPythonsWriter) {
  for (const std::string_view text : {R"({"x":1,"y":2,"name":"a"})", R"({"x": 3, "y": 4, "name": "b"})",
                                      R"({"x":5,"y":6,"name":"c"})"}) {
    EXPECT_THAT(Read(text).name, ::testing::AnyOf("a", "b", "c"));
  }
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, SkipsMembersThatTheMappingDoesNotKnow) {
  for (int i = 0; i < 3; ++i) {
    const Point point = Read(R"({"id":"77","name":"a","tags":[1,{"x":3}],"more":null,"x":1,"y":2,"last":1e5})");
    EXPECT_EQ(point.x, 1);
    EXPECT_EQ(point.y, 2);
  }
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, LeavesAValueThatIsNotPlainToItsCodec) {
  EXPECT_EQ(Read(R"({"name":"a\u0062\"","x":1,"y":2})").name, "ab\"");
  EXPECT_EQ(Read("{\"name\":\"caf\xc3\xa9\",\"x\":1,\"y\":2}").name, "caf\xc3\xa9");
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, SaysWhatTheStrictReaderSays) {
  constexpr std::string_view kBad[] = {R"({"name":"a","x":01,"y":2})",
                                       R"({"name":"a","x":1,"y":2,"x":1})",
                                       R"({"name":"a","x":1,"y":2,"nam\u0065":"b"})",
                                       R"({"name":"a","x":1.5,"y":2})",
                                       R"({"name":"a","x":1})",
                                       R"({"name":"a","x":1,"y":2}})",
                                       R"({"name":"a","x":1,"y":2)",
                                       "{\"name\":\"\xff\",\"x\":1,\"y\":2}",
                                       R"({"name":"a,"x":1,"y":2})"};
  for (const std::string_view text : kBad) {
    Point out, same;
    const absl::Status status = ReadInto(points_, text, out);
    EXPECT_FALSE(status.ok()) << text;
    EXPECT_EQ(status, ReadJson(text, arena_, same)) << text;
  }
}

TEST_F(JsonReaderTest, GivesViewsOfTheRecordEvenWhereNothingBehindItMayBeRead) {
  const std::string text = R"({"name":"a","x":1,"y":2,"note":"b"})";
  const std::string_view whole = text;
  Point out;
  ASSERT_THAT(points_.Read(whole, arena_, out), IsOk());
  EXPECT_EQ(out.name.data(), whole.data() + whole.find("a\""));
  EXPECT_EQ(out.note.data(), whole.data() + whole.find("b\""));
  EXPECT_EQ(strict(), 0u);
}

TEST_F(JsonReaderTest, ACodecWithoutReadPlainIsAskedForItsValue) {
  JsonReader<Painted> reader;
  Painted out;
  ASSERT_THAT(ReadInto(reader, R"({"x":1,"colour":"red"})", out), IsOk());
  EXPECT_EQ(out.colour, Colour::kRed);
  EXPECT_EQ(reader.strict_records(), 0u);
  EXPECT_THAT(ReadInto(reader, R"({"colour":"blue","x":1})", out),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("colour: want red")));
}

TEST_F(JsonReaderTest, ACodecWithoutReadPlainReadsAValueOnceIfItsRecordCannotBePutBack) {
  JsonReader<Tagged> reader;
  Tagged out;
  ASSERT_THAT(ReadInto(reader, R"({"tags":"a","x":1 })", out), IsOk());
  EXPECT_EQ(out.tags.all, "a");
}

}  // namespace
}  // namespace rtstream
