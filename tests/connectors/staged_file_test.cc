#include "rtstream/connectors/staged_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <atomic>
#include <thread>

#include "rtstream/testing/matchers.h"
#include "tests/base/rounds.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream {
namespace {

using ::rtstream::testing::IsOk;
using ::rtstream::testing::IsOkAndHolds;
using ::rtstream::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class StagedFileTest : public ::testing::Test {
 protected:
  // Appends and ends the step, as a commit does.
  std::string Commit(StagedFile& file, std::string_view text) {
    file.Append(text);
    absl::StatusOr<std::string> mark = file.Cut();
    EXPECT_THAT(mark, IsOk());
    EXPECT_THAT(file.Sync(), IsOk());
    return mark.value_or("");
  }

  ScratchDir dir_;
  std::string path_ = dir_.Path("out");
};

TEST_F(StagedFileTest, ANewFileIsMade) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(StagedFileTest, AnotherRunsOutputIsRefusedAndLeftAlone) {
  dir_.Write("out", "precious");
  StagedFile file(path_);
  EXPECT_THAT(file.Open(std::nullopt),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(path_)));
  EXPECT_EQ(dir_.Read("out"), "precious");
}

TEST_F(StagedFileTest, AMissingDirectoryIsNamed) {
  StagedFile file(dir_.Path("none/out"));
  EXPECT_THAT(file.Open(std::nullopt),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir_.Path("none/out"))));
}

TEST_F(StagedFileTest, ADirectoryInItsPlaceIsRefused) {
  StagedFile file(dir_.Path(""));
  EXPECT_THAT(file.Open(std::nullopt), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(StagedFileTest, CommittedBytesAreInTheFile) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  Commit(file, "one\n");
  const std::string mark = Commit(file, "two\n");
  EXPECT_EQ(dir_.Read("out"), "one\ntwo\n");
  EXPECT_THAT(StagedFile::CommittedLength(mark), IsOkAndHolds(8u));
  EXPECT_EQ(file.bytes_appended(), 8u);
}

TEST_F(StagedFileTest, UncommittedBytesAreCutOff) {
  std::string mark;
  {
    StagedFile file(path_);
    ASSERT_THAT(file.Open(std::nullopt), IsOk());
    mark = Commit(file, "one\n");
    Commit(file, "lost\n");
  }
  StagedFile file(path_);
  ASSERT_THAT(file.Open(mark), IsOk());
  EXPECT_EQ(file.cut_bytes(), 5u);
  EXPECT_EQ(dir_.Read("out"), "one\n");
  Commit(file, "two\n");
  EXPECT_EQ(dir_.Read("out"), "one\ntwo\n");
}

TEST_F(StagedFileTest, WhatIsStillInTheBufferGoesWithACrash) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  const std::string mark = Commit(file, "one\n");
  file.buffer().Append("lost\n");
  ASSERT_THAT(file.Open(mark), IsOk());
  Commit(file, "two\n");
  EXPECT_EQ(dir_.Read("out"), "one\ntwo\n");
}

TEST_F(StagedFileTest, AStepWithoutBytesKeepsTheMark) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  const std::string mark = Commit(file, "one\n");
  EXPECT_EQ(Commit(file, ""), mark);
}

TEST_F(StagedFileTest, AFileShorterThanItsMarkIsDataLoss) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  const std::string mark = Commit(file, "one\ntwo\n");
  ASSERT_EQ(truncate(path_.c_str(), 3), 0);
  EXPECT_THAT(file.Open(mark),
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr(path_), HasSubstr("3 bytes, fewer than the 8 committed"))));
}

TEST_F(StagedFileTest, AMissingFileIsDataLoss) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  const std::string mark = Commit(file, "one\n");
  std::filesystem::remove(path_);
  EXPECT_THAT(file.Open(mark), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path_)));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StagedFileTest, OtherBytesInTheLastStepAreDataLoss) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  Commit(file, "one\n");
  const std::string mark = Commit(file, "two\n");
  dir_.Write("out", "one\ntwX\n");
  EXPECT_THAT(file.Open(mark), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path_)));
}

TEST_F(StagedFileTest, TheLastStepIsCheckedAlsoBehindEmptyOnes) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  const std::string first = Commit(file, "one\n");
  ASSERT_THAT(file.Open(first), IsOk());
  const std::string mark = Commit(file, "");
  dir_.Write("out", "onX\n");
  EXPECT_THAT(file.Open(mark), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(StagedFileTest, AMarkThatCannotBeReadIsDataLoss) {
  StagedFile file(path_);
  EXPECT_THAT(file.Open("nonsense"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(StagedFile::CommittedLength("nonsense"), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(StagedFileTest, BytesReachTheFileWhenTheyAreSynced) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  file.buffer().Append(std::string(2 << 20, 'x'));
  file.Push();
  EXPECT_TRUE(file.buffer().empty()) << "a large buffer is set aside";
  file.buffer().Append("end");
  ASSERT_THAT(file.Cut(), IsOk());
  EXPECT_EQ(std::filesystem::file_size(path_), 0u);
  ASSERT_THAT(file.Sync(), IsOk());
  EXPECT_EQ(std::filesystem::file_size(path_), (2u << 20) + 3);
}

TEST_F(StagedFileTest, PiecesAreWrittenAheadOfTheirCut) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  const std::string mark = Commit(file, "head\n");
  file.buffer().Append(std::string(5 << 20, 'x'));
  file.Push();
  file.buffer().Append("in the buffer");
  file.WriteAhead();
  EXPECT_GE(std::filesystem::file_size(path_), 3u << 20) << "all but the last 2 MiB";
  StagedFile again(path_);
  ASSERT_THAT(again.Open(mark), IsOk());
  EXPECT_EQ(dir_.Read("out"), "head\n");
}

// Whole blocks and the bytes behind them take different ways to the file.
TEST_F(StagedFileTest, StepsOfAnyLengthMeetAtTheRightPlace) {
  std::string model;
  std::optional<std::string> mark;
  for (const size_t size : {1, 4095, 1, 4096, 4097, 131071, 131073, 2 << 20, (2 << 20) + 1, 5000000, 3}) {
    for (int opened = 0; opened < 2; ++opened) {
      StagedFile file(path_);
      ASSERT_THAT(file.Open(mark), IsOk());
      const std::string step(size, static_cast<char>('a' + model.size() % 26));
      mark = Commit(file, step);
      model += step;
      mark = Commit(file, "!");
      model += '!';
      ASSERT_TRUE(dir_.Read("out") == model) << size;
    }
  }
}

TEST_F(StagedFileTest, SyncMayRunWhileBytesAreAppended) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  file.buffer().Append(std::string(1 << 20, 'x'));
  ASSERT_THAT(file.Cut(), IsOk());
  std::thread committer([&] { EXPECT_THAT(file.Sync(), IsOk()); });
  for (int i = 0; i < 16; ++i) {
    file.buffer().Append(std::string(1 << 19, 'y'));
    file.Push();
  }
  committer.join();
  ASSERT_THAT(file.Cut(), IsOk());
  ASSERT_THAT(file.Sync(), IsOk());
  EXPECT_EQ(std::filesystem::file_size(path_), 9u << 20);
}

TEST_F(StagedFileTest, WritingAheadMayRunWhileBytesAreAppendedAndCut) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  std::atomic<bool> has_ended = false;
  std::thread committer([&] {
    while (!has_ended) file.WriteAhead();
  });
  for (int i = 0; i < 64; ++i) {
    file.buffer().Append(std::string(1 << 18, "abc"[i % 3]));
    file.Push();
    EXPECT_THAT(file.Cut(), IsOk());
  }
  has_ended = true;
  committer.join();
  ASSERT_THAT(file.Sync(), IsOk());
  const std::string content = dir_.Read("out");
  ASSERT_EQ(content.size(), size_t{64} << 18);
  for (size_t i = 0; i < 64; ++i) ASSERT_EQ(content[i << 18], "abc"[i % 3]) << i;
}

// Forbids the process to make files longer than `bytes`: a full disk for one test.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    rlimit limit = old_limit_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int) = SIG_DFL;
};

TEST_F(StagedFileTest, AFullDiskIsAnErrorThatNamesTheFile) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  FullDisk disk(1 << 16);
  file.buffer().Append(std::string(1 << 20, 'x'));
  ASSERT_THAT(file.Cut(), IsOk());
  EXPECT_THAT(file.Sync(), StatusIs(absl::StatusCode::kOutOfRange, HasSubstr(path_)));
  EXPECT_FALSE(file.Sync().ok()) << "and it is final";
}

TEST_F(StagedFileTest, AFullDiskMetAheadOfTheCutIsToldBySync) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  {
    FullDisk disk(1 << 16);
    file.buffer().Append(std::string(5 << 20, 'x'));
    file.Push();
    file.WriteAhead();
  }
  ASSERT_THAT(file.Cut(), IsOk());
  EXPECT_THAT(file.Sync(), StatusIs(absl::StatusCode::kOutOfRange, HasSubstr(path_)));
}

TEST_F(StagedFileTest, AFullDiskLeavesTheLastCommitAsItWas) {
  StagedFile file(path_);
  ASSERT_THAT(file.Open(std::nullopt), IsOk());
  const std::string mark = Commit(file, "head\n");
  {
    FullDisk disk(1 << 16);
    file.buffer().Append(std::string(1 << 20, 'x'));
    ASSERT_THAT(file.Cut(), IsOk());
    ASSERT_FALSE(file.Sync().ok());
  }
  ASSERT_THAT(file.Open(mark), IsOk());
  EXPECT_EQ(file.cut_bytes(), (1u << 16) - 5);
  Commit(file, "tail\n");
  EXPECT_EQ(dir_.Read("out"), "head\ntail\n");
}

// Steps, cuts, commits and crashes in any order, against a string.
TEST_F(StagedFileTest, TheFileAlwaysHoldsWhatWasCommitted) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  auto file = std::make_unique<StagedFile>(path_);
  ASSERT_THAT(file->Open(std::nullopt), IsOk());
  std::string committed_mark = Commit(*file, ""), committed, written;
  for (int i = 0; i < Rounds(2000); ++i) {
    switch (random() % 4) {
      case 0:
      case 1: {
        const std::string text(random() % (i % 50 == 0 ? 600000 : 100), "abc"[random() % 3]);
        file->buffer().Append(text);
        written += text;
        file->Push();
        if (random() % 3 == 0) file->WriteAhead();
        break;
      }
      case 2: {
        absl::StatusOr<std::string> mark = file->Cut();
        ASSERT_THAT(mark, IsOk());
        if (random() % 4 == 0) break;  // cut, and written only with a later step, or never
        ASSERT_THAT(file->Sync(), IsOk());
        if (random() % 2 == 0) break;  // written, and never committed
        committed_mark = *mark;
        committed = written;
        break;
      }
      case 3:
        if (random() % 4 != 0) break;
        file = std::make_unique<StagedFile>(path_);
        ASSERT_THAT(file->Open(committed_mark), IsOk());
        ASSERT_EQ(dir_.Read("out"), committed);
        written = committed;
        break;
    }
  }
}

}  // namespace
}  // namespace rtstream
