#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "rtstream/connectors/file_source.h"
#include "rtstream/testing/matchers.h"
#include "tests/connectors/scratch_dir.h"
#include "tests/connectors/source_reading.h"

namespace rtstream {
namespace {

using ::rtstream::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Puts a pipe in the place of standard input.
class StandardInputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    saved_ = dup(STDIN_FILENO);
    NewPipe();
  }
  void TearDown() override {
    CloseWriter();
    if (saved_ >= 0) {
      dup2(saved_, STDIN_FILENO);
      close(saved_);
    }
  }
  void NewPipe() {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    writer_ = ends[1];
  }
  void Type(std::string_view text) {
    ASSERT_EQ(write(writer_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void CloseWriter() {
    if (writer_ >= 0) close(std::exchange(writer_, -1));
  }

  int saved_ = -1;
  int writer_ = -1;
};

TEST_F(StandardInputTest, PollDoesNotWaitForIt) {
  FileSource source({.paths = {"-"}});
  EXPECT_EQ(ReadSource(source).last, PollResult::kIdle);
}

TEST_F(StandardInputTest, RecordsComeAsTheyAreTyped) {
  FileSource source({.paths = {"-"}});
  Type("one\ntw");
  SourceReading reading = ReadSource(source);
  EXPECT_THAT(reading.records, ElementsAre(ReadRecord{"one", 0, 1, "-", 3, false}));
  Type("o\nthree");
  CloseWriter();
  ASSERT_THAT(reading.Drain(source), IsOk());
  EXPECT_THAT(reading.texts(), ElementsAre("one", "two", "three"));
  EXPECT_EQ(reading.last, PollResult::kFinished);
  EXPECT_THAT(reading.finished, ElementsAre(Pair("-", true)));
}

TEST_F(StandardInputTest, ANewProcessStreamIsAPartitionOfItsOwn) {
  Type("one\n");
  FileSource first({.paths = {"-"}});
  const SourceReading before = ReadSource(first);
  CloseWriter();
  NewPipe();
  Type("two\n");
  FileSource second({.paths = {"-"}});
  const SourceReading after = ReadSource(second, before.committed());
  EXPECT_THAT(after.records, ElementsAre(ReadRecord{"two", 0, 1, "-#2", 3, false}));
  EXPECT_THAT(after.finished, ElementsAre(Pair("-", true), Pair("-#2", false)));
}

TEST_F(StandardInputTest, OpenedAgainInTheSameProcessItGoesOn) {
  FileSource source({.paths = {"-"}});
  Type("one\n");
  const SourceReading before = ReadSource(source);
  Type("two\n");
  const SourceReading after = ReadSource(source, before.committed());
  EXPECT_THAT(after.records, ElementsAre(ReadRecord{"two", 4, 2, "-", 3, false}));
  EXPECT_THAT(after.finished, ElementsAre(Pair("-", false)));
}

TEST_F(StandardInputTest, FilesBehindItWaitForItsEnd) {
  ScratchDir dir;
  FileSource source({.paths = {"-", dir.Write("f", "two\n")}});
  SourceReading reading = ReadSource(source);
  EXPECT_THAT(reading.records, IsEmpty());
  Type("one\n");
  CloseWriter();
  ASSERT_THAT(reading.Drain(source), IsOk());
  EXPECT_THAT(reading.texts(), ElementsAre("one", "two"));
}

}  // namespace
}  // namespace rtstream
