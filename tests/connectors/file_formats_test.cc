// A file sink in each format: what the file holds, and that it holds it once after crashes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "rtstream/connectors/csv_rows.h"
#include "rtstream/connectors/file_sink.h"
#include "rtstream/connectors/row_binary_rows.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/rtstream.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream {
namespace {

struct Line {
  std::string sku;
  int32_t units = 0;
  std::optional<std::string> note;
};

}  // namespace

template <>
struct Mapping<Line> {
  static constexpr auto kFields =
      std::tuple{Field("sku", &Line::sku), Field("units", &Line::units), Field("note", &Line::note)};
};

namespace {

using ::rtstream::testing::IsOk;

std::vector<Line> Lines() { return {{"a", 1, "x,y"}, {"b\nc", -2, std::nullopt}}; }

std::vector<Line> ManyLines() {
  std::vector<Line> lines;
  for (int32_t i = 0; i < 100; ++i) {
    lines.push_back({Concat("sku-", i % 7), i, i % 3 == 0 ? std::optional<std::string>(Concat("\"", i)) : std::nullopt});
  }
  return lines;
}

template <typename Encode>
class Files {
 public:
  explicit Files(Encode encode = {}) : sink_("out", dir_.Path("out"), encode) {}

  // Runs to the end of these rows, on a state of its own or going on where the last run ended.
  std::string Run(const std::vector<Line>& lines) {
    for (const Line& line : lines) source_.Push(line);
    source_.Finish();
    EXPECT_THAT(Runner(From(source_) | To(sink_), store_).Run(), IsOk());
    return Content();
  }

  // Crashes behind each step, with and without commits; a run goes one step further than the last.
  std::string RunWithCrashes(const std::vector<Line>& lines) {
    for (const Line& line : lines) source_.Push(line);
    source_.Finish();
    testing::PipelineDriver driver([&] { return From(source_) | To(sink_); }, {.batch_rows = 8});
    bool is_finished = false;
    for (int steps = 1; !is_finished; ++steps) {
      for (int i = 0; i < steps && !is_finished; ++i) {
        const absl::StatusOr<StepResult> step = driver.Step();
        EXPECT_THAT(step, IsOk());
        if (!step.ok()) return "";
        is_finished = *step == StepResult::kFinished;
      }
      if (is_finished || steps % 2 == 0) {
        EXPECT_THAT(driver.Commit(), IsOk());
      }
      EXPECT_THAT(driver.Crash(), IsOk());
    }
    return Content();
  }

  std::string Content() const { return dir_.Read("out"); }

 private:
  ScratchDir dir_;
  MemorySource<Line> source_;
  FileSink<Line, Encode> sink_;
  MemoryStateStore store_;
};

template <typename Encode>
void ExpectCrashesChangeNothing(Encode encode = {}) {
  const std::string clean = Files(encode).Run(ManyLines());
  EXPECT_GT(clean.size(), 500u);
  EXPECT_EQ(Files(encode).RunWithCrashes(ManyLines()), clean);
}

TEST(FileFormats, JsonIsALineForEachRow) {
  EXPECT_EQ(Files<JsonLines<Line>>().Run(Lines()),
            "{\"sku\":\"a\",\"units\":1,\"note\":\"x,y\"}\n{\"sku\":\"b\\nc\",\"units\":-2,\"note\":null}\n");
}

TEST(FileFormats, CsvIsQuotedWhereItMustBe) {
  EXPECT_EQ(Files(CsvRows{}).Run(Lines()), "a,1,\"x,y\"\n\"b\nc\",-2,\n");
}

TEST(FileFormats, CsvHasAHeaderAndASeparatorIfItIsTold) {
  EXPECT_EQ(Files(CsvRows{.has_header = true, .separator = ';'}).Run(Lines()),
            "sku;units;note\na;1;x,y\n\"b\nc\";-2;\n");
}

TEST(FileFormats, RowBinaryHasNothingBetweenRows) {
  std::string wanted;
  for (const Line& line : Lines()) AppendRowBinary(line, wanted);
  EXPECT_EQ(Files(RowBinaryRows{}).Run(Lines()), wanted);
}

TEST(FileFormats, AFileWithoutRowsHasNoHeader) {
  EXPECT_EQ(Files(CsvRows{.has_header = true}).Run({}), "");
}

TEST(FileFormats, ARunThatGoesOnWritesNoSecondHeader) {
  ScratchDir dir;
  MemoryStateStore store;
  MemorySource<Line> source;
  FileSink<Line, CsvRows> sink("out", dir.Path("out"), {.has_header = true});
  for (int32_t i = 1; i <= 3; ++i) {
    Runner runner(From(source) | To(sink), store);
    ASSERT_THAT(runner.Open(), IsOk());
    // The first run commits before there is a row.
    if (i > 1) source.Push({"a", i, std::nullopt});
    ASSERT_THAT(runner.Step(), IsOk());
    ASSERT_THAT(runner.Commit(), IsOk());
  }
  EXPECT_EQ(dir.Read("out"), "sku,units,note\na,2,\na,3,\n");
}

TEST(FileFormats, CrashesChangeNothingOfCsv) { ExpectCrashesChangeNothing(CsvRows{.has_header = true}); }
TEST(FileFormats, CrashesChangeNothingOfJson) { ExpectCrashesChangeNothing<JsonLines<Line>>(); }
TEST(FileFormats, CrashesChangeNothingOfRowBinary) { ExpectCrashesChangeNothing(RowBinaryRows{}); }

}  // namespace
}  // namespace rtstream
