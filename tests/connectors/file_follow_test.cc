#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "rtstream/connectors/file_source.h"
#include "rtstream/testing/matchers.h"
#include "tests/base/rounds.h"
#include "tests/connectors/scratch_dir.h"
#include "tests/connectors/source_reading.h"

namespace rtstream {
namespace {

using ::rtstream::testing::IsOk;
using ::rtstream::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FileFollow : public ::testing::Test {
 protected:
  // Opens a new source where the last one was committed.
  void Restart() {
    source_ = std::make_unique<FileSource>(
        FileSourceOptions{.paths = {dir_.Path("log")}, .follow = true});
    reading_.records.clear();
    ASSERT_THAT(source_->Open(reading_.committed()), IsOk());
  }
  std::vector<std::string> Drain() {
    reading_.records.clear();
    EXPECT_THAT(reading_.Drain(*source_), IsOk());
    EXPECT_EQ(reading_.last, PollResult::kIdle);
    return reading_.texts();
  }
  // Reads a file of one line, then rotates it away. Its partition.
  std::string ReadAndRotate() {
    dir_.Write("log", "1\n");
    Restart();
    Drain();
    dir_.Rename("log", "log.1");
    return reading_.committed()[0].partition;
  }

  ScratchDir dir_;
  std::unique_ptr<FileSource> source_;
  SourceReading reading_;
};

TEST_F(FileFollow, WhatIsAppendedIsRead) {
  dir_.Write("log", "1\n");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("1"));
  dir_.Append("log", "2\n3\n");
  EXPECT_THAT(Drain(), ElementsAre("2", "3"));
  EXPECT_EQ(reading_.records[1], (ReadRecord{"3", 4, 3, "log", 1, false}));
}

TEST_F(FileFollow, ALastLineWaitsForItsEnd) {
  dir_.Write("log", "1\n2");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("1"));
  dir_.Append("log", "2\n");
  EXPECT_THAT(Drain(), ElementsAre("22"));
}

TEST_F(FileFollow, AnEmptyFileIsWaitedFor) {
  dir_.Write("log", "");
  Restart();
  EXPECT_THAT(Drain(), IsEmpty());
  dir_.Append("log", "1\n");
  EXPECT_THAT(Drain(), ElementsAre("1"));
}

TEST_F(FileFollow, AHeaderThatIsNotWholeIsWaitedFor) {
  const std::string path = dir_.Write("log", "i");
  FileSource source({.paths = {path}, .header = "id", .follow = true});
  EXPECT_THAT(ReadSource(source).records, IsEmpty());
  dir_.Append("log", "d\n1\n");
  ASSERT_THAT(reading_.Drain(source), IsOk());
  EXPECT_THAT(reading_.texts(), ElementsAre("1"));
}

TEST_F(FileFollow, ARotatedFileIsReadToItsEndThenTheNewOne) {
  dir_.Write("log", "1\n");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("1"));
  dir_.Append("log", "2\n3");
  dir_.Rename("log", "log.1");
  dir_.Write("log", "4\n");
  EXPECT_THAT(Drain(), ElementsAre("2", "3", "4"));
}

TEST_F(FileFollow, ARotatedFilesPartitionIsFinished) {
  const std::string first = ReadAndRotate();
  dir_.Write("log", "2\n");
  Drain();
  EXPECT_THAT(reading_.finished, SizeIs(2));
  EXPECT_TRUE(reading_.finished.at(first));
}

TEST_F(FileFollow, TheOldFileIsReadWhileThereIsNoNewOne) {
  dir_.Write("log", "1\n");
  Restart();
  Drain();
  dir_.Rename("log", "log.1");
  dir_.Append("log.1", "2\n");
  EXPECT_THAT(Drain(), ElementsAre("2"));
  dir_.Append("log.1", "3\n");
  dir_.Write("log", "4\n");
  EXPECT_THAT(Drain(), ElementsAre("3", "4"));
}

TEST_F(FileFollow, AFileThatBecameShorterBeginsAnew) {
  dir_.Write("log", "1\n22\n");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("1", "22"));
  dir_.Write("log", "3\n");
  EXPECT_THAT(Drain(), ElementsAre("3"));
  EXPECT_EQ(reading_.records[0].position, 0);
  EXPECT_THAT(reading_.positions, SizeIs(2));
}

TEST_F(FileFollow, ANewFileThatBeginsLikeTheOldOneIsAnotherPartition) {
  dir_.Write("log", "same\n");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("same"));
  dir_.Rename("log", "log.1");
  dir_.Write("log", "same\n");
  EXPECT_THAT(Drain(), ElementsAre("same"));
  EXPECT_THAT(reading_.positions, SizeIs(2));
  Restart();
  EXPECT_THAT(Drain(), IsEmpty());
}

TEST_F(FileFollow, ARestartGoesOnWithTheNewFile) {
  dir_.Write("log", "1\n");
  Restart();
  Drain();
  dir_.Rename("log", "log.1");
  dir_.Write("log", "2\n");
  EXPECT_THAT(Drain(), ElementsAre("2"));
  dir_.Append("log", "3\n");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("3"));
}

TEST_F(FileFollow, AFileRotatedWhileNothingRanIsFinishedFirst) {
  dir_.Write("log", "1\n2\n");
  Restart();
  ASSERT_THAT(reading_.Step(*source_, 1), IsOk());
  dir_.Write("log.0", "some other file\n");
  dir_.Append("log", "3");
  dir_.Rename("log", "log.1");
  dir_.Write("log", "4\n");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("2", "3", "4"));
  Restart();
  EXPECT_THAT(Drain(), IsEmpty());
}

TEST_F(FileFollow, ARestartBetweenTwoFilesFinishesTheOldOneAndWaits) {
  dir_.Write("log", "1\n2\n");
  Restart();
  ASSERT_THAT(reading_.Step(*source_, 1), IsOk());
  dir_.Rename("log", "log.1");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("2"));
  dir_.Write("log", "3\n");
  EXPECT_THAT(Drain(), ElementsAre("3"));
}

TEST_F(FileFollow, AFileThatIsGoneAltogetherIsFinishedAndTheNewOneRead) {
  dir_.Write("log", "1\n2\n");
  Restart();
  ASSERT_THAT(reading_.Step(*source_, 1), IsOk());
  const std::string first = reading_.committed()[0].partition;
  dir_.Write("log", "3\n");
  Restart();
  EXPECT_THAT(Drain(), ElementsAre("3"));
  EXPECT_TRUE(reading_.finished.at(first));
}

TEST_F(FileFollow, ARotatedFileIsForgottenOnceTheNextOneHasAPosition) {
  const std::string first = ReadAndRotate();
  dir_.Write("log", "");
  Drain();
  EXPECT_THAT(source_->TakeForgotten(), IsEmpty());
  dir_.Append("log", "2\n");
  Drain();
  EXPECT_THAT(source_->TakeForgotten(), ElementsAre(first));
  EXPECT_THAT(source_->TakeForgotten(), IsEmpty());
}

TEST_F(FileFollow, WhatTheLastRunHadNotForgottenIsForgotten) {
  const std::string first = ReadAndRotate();
  dir_.Write("log", "2\n");
  Drain();
  Restart();
  EXPECT_THAT(source_->TakeForgotten(), ElementsAre(first));
}

TEST_F(FileFollow, CommitsDoNotGrowWithTheRotations) {
  dir_.Write("log", "0\n");
  Restart();
  for (int i = 1; i < 30; ++i) {
    EXPECT_THAT(Drain(), ElementsAre(std::to_string(i - 1)));
    if (i % 10 == 0) Restart();
    dir_.Rename("log", "log.1");
    dir_.Write("log", std::to_string(i) + "\n");
    reading_.Forget(*source_);
    EXPECT_LE(reading_.positions.size(), 2u);
  }
}

// A file that is at the path again, under its old name: forgotten or not, the same is read.
TEST_F(FileFollow, ForgettingChangesNothingOfWhatIsRead) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  struct Reader {
    std::unique_ptr<FileSource> source;
    SourceReading reading;
  };
  for (int round = 0; round < Rounds(60); ++round) {
    ScratchDir dir;
    Reader forgets, keeps;
    const auto restart = [&] {
      for (Reader* reader : {&forgets, &keeps}) {
        reader->source = std::make_unique<FileSource>(
            FileSourceOptions{.paths = {dir.Path("log")}, .follow = true});
        ASSERT_THAT(reader->source->Open(reader->reading.committed()), IsOk());
      }
    };
    // Few texts, so that files begin alike.
    const auto line = [&] { return std::string(random() % 2 == 0 ? "a" : "bb") + "\n"; };
    dir.Write("log", line());
    restart();
    for (int step = 0; step < 40; ++step) {
      const std::string other = "log." + std::to_string(random() % 3);
      const bool has_log = std::filesystem::exists(dir.Path("log"));
      switch (random() % 6) {
        case 0:
          dir.Append("log", line());
          break;
        case 1:
          if (has_log) dir.Rename("log", other);
          break;
        case 2:
          if (std::filesystem::exists(dir.Path(other))) dir.Rename(other, "log");
          break;
        case 3:
          std::filesystem::remove(dir.Path(other));
          break;
        case 4:
          restart();
          break;
        default:
          break;
      }
      for (Reader* reader : {&forgets, &keeps}) {
        ASSERT_THAT(reader->reading.Drain(*reader->source, 1 + random() % 2), IsOk());
      }
      forgets.reading.Forget(*forgets.source);
      ASSERT_EQ(forgets.reading.records, keeps.reading.records) << "round " << round;
    }
  }
}

TEST_F(FileFollow, APathNeverSeenMustExist) {
  FileSource source({.paths = {dir_.Path("log")}, .follow = true});
  EXPECT_THAT(source.Open({}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(FileFollow, SeveralFilesAreFollowedAtOnce) {
  FileSource source({.paths = {dir_.Write("a", "1\n"), dir_.Write("b", "2\n")}, .follow = true});
  ASSERT_THAT(source.Open({}), IsOk());
  ASSERT_THAT(reading_.Drain(source), IsOk());
  dir_.Append("b", "3\n");
  dir_.Append("a", "4\n");
  ASSERT_THAT(reading_.Drain(source), IsOk());
  EXPECT_THAT(reading_.texts(), ::testing::UnorderedElementsAre("1", "2", "3", "4"));
}

TEST_F(FileFollow, LagGrowsWithTheFile) {
  dir_.Write("log", "1\n");
  Restart();
  Drain();
  dir_.Append("log", "22");
  Drain();
  EXPECT_EQ(source_->lag_bytes(), 2u);
}

}  // namespace
}  // namespace rtstream
