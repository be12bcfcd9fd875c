#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "rtstream/connectors/file_source.h"
#include "rtstream/testing/matchers.h"
#include "tests/connectors/scratch_dir.h"
#include "tests/connectors/source_reading.h"

namespace rtstream {
namespace {

using ::rtstream::testing::IsOk;
using ::rtstream::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What the records of a file are, said in the plainest way.
std::vector<ReadRecord> Oracle(std::string_view text, const FileSourceOptions& options) {
  std::vector<ReadRecord> records;
  int64_t line = 1;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    bool is_quoted = false;
    int64_t lines = 1;
    for (; end < text.size(); ++end) {
      if (options.quoted_newlines && text[end] == '"') is_quoted = !is_quoted;
      if (text[end] != '\n') continue;
      if (!is_quoted) break;
      ++lines;
    }
    std::string_view record = text.substr(at, end - at);
    if (record.ends_with('\r')) record.remove_suffix(1);
    if (!record.empty()) {
      const bool is_oversize = record.size() > options.max_record;
      records.push_back({std::string(record.substr(0, options.max_record)),
                         static_cast<int64_t>(at), line, "f", record.size(), is_oversize});
    }
    at = end + 1;
    line += lines;
  }
  return records;
}

std::string RandomText(std::mt19937_64& random) {
  constexpr std::string_view kAlphabet = "ab,\"\r\n\n";
  std::string text;
  for (size_t n = random() % 400; n > 0; --n) text += kAlphabet[random() % kAlphabet.size()];
  return text;
}

TEST(FileCutting, RecordsDoNotDependOnWhereChunksAndBatchesEnd) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  ScratchDir dir;
  for (int round = 0; round < 200; ++round) {
    const std::string text = RandomText(random);
    FileSourceOptions options{.paths = {dir.Write("f", text)},
                              .quoted_newlines = random() % 2 == 0,
                              .max_record = 1 + random() % 40,
                              .chunk_bytes = 1 + random() % 50};
    FileSource source(options);
    const SourceReading reading = ReadSource(source, {}, 1 + random() % 7);
    ASSERT_EQ(reading.records, Oracle(text, options)) << "round " << round;
    ASSERT_EQ(reading.input_bytes, text.size()) << "round " << round;
  }
}

TEST(FileCutting, ARestartBehindAnyBatchGoesOnWithTheNextRecord) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  ScratchDir dir;
  for (int round = 0; round < 100; ++round) {
    const std::string text = RandomText(random);
    FileSourceOptions options{.paths = {dir.Write("f", text)},
                              .quoted_newlines = random() % 2 == 0,
                              .max_record = 1 + random() % 40,
                              .chunk_bytes = 1 + random() % 50};
    SourceReading reading;
    // Each source reads one batch, then another one takes its place.
    do {
      FileSource source(options);
      ASSERT_THAT(source.Open(reading.committed()), IsOk());
      const std::map<std::string, std::string> before = reading.positions;
      const size_t records = reading.records.size();
      do {
        ASSERT_THAT(reading.Step(source, 1 + random() % 7), IsOk());
      } while (reading.last == PollResult::kBatch && reading.records.size() == records &&
               reading.positions == before);
    } while (reading.last == PollResult::kBatch);
    ASSERT_EQ(reading.records, Oracle(text, options)) << "round " << round;
    ASSERT_LE(reading.positions.size(), 1u);
  }
}

TEST(FileResume, AFileThatHasGrownGoesOn) {
  ScratchDir dir;
  FileSourceOptions options{.paths = {dir.Write("f", "1\n2\n")}};
  FileSource first(options);
  const SourceReading before = ReadSource(first);
  dir.Append("f", "3\n");
  FileSource second(options);
  const SourceReading after = ReadSource(second, before.committed());
  EXPECT_THAT(after.records, ElementsAre(ReadRecord{"3", 4, 3, "f", 1, false}));
  EXPECT_THAT(after.positions, SizeIs(1));
}

TEST(FileResume, NothingNewIsNothingRead) {
  ScratchDir dir;
  FileSourceOptions options{.paths = {dir.Write("f", "1\n2\n")}};
  FileSource first(options);
  const SourceReading before = ReadSource(first);
  FileSource second(options);
  const SourceReading after = ReadSource(second, before.committed());
  EXPECT_EQ(after.batches, 0u);
  EXPECT_EQ(after.last, PollResult::kFinished);
}

TEST(FileResume, TheHeaderIsNotLookedForBehindACommittedPosition) {
  ScratchDir dir;
  FileSourceOptions options{.paths = {dir.Write("f", "id\n1\n2\n")}, .header = "id"};
  FileSource first(options);
  ASSERT_THAT(first.Open({}), IsOk());
  SourceReading reading;
  ASSERT_THAT(reading.Step(first, 1), IsOk());
  FileSource second(options);
  EXPECT_THAT(ReadSource(second, reading.committed()).texts(), ElementsAre("2"));
}

TEST(FileResume, AnotherFileAtThePathIsReadFromItsStart) {
  ScratchDir dir;
  FileSourceOptions options{.paths = {dir.Write("f", "1\n2\n")}};
  FileSource first(options);
  const SourceReading before = ReadSource(first);
  dir.Write("f", "other\nfile\n");
  FileSource second(options);
  const SourceReading after = ReadSource(second, before.committed());
  EXPECT_THAT(after.texts(), ElementsAre("other", "file"));
  EXPECT_THAT(after.positions, SizeIs(2));
}

TEST(FileResume, AFileIsKnownByItsBeginningNotByItsInode) {
  ScratchDir dir;
  FileSourceOptions options{.paths = {dir.Write("f", "1\n2\n")}};
  FileSource first(options);
  const SourceReading before = ReadSource(first);
  dir.Rename("f", "old");
  dir.Write("f", "1\n2\n3\n");
  FileSource second(options);
  EXPECT_THAT(ReadSource(second, before.committed()).texts(), ElementsAre("3"));
}

TEST(FileResume, TheIdentityGrowsWithTheFile) {
  ScratchDir dir;
  FileSourceOptions options{.paths = {dir.Write("f", "same\n")}};
  FileSource first(options);
  SourceReading reading = ReadSource(first);
  dir.Append("f", "old\n");
  FileSource second(options);
  reading = ReadSource(second, reading.committed());
  dir.Write("f", "same\nnew\n");
  FileSource third(options);
  EXPECT_THAT(ReadSource(third, reading.committed()).texts(), ElementsAre("same", "new"));
}

TEST(FileResume, AFileShorterThanCommittedIsRefused) {
  ScratchDir dir;
  const std::string text(6000, 'x');
  const std::string path = dir.Write("f", text + "\nlast\n");
  FileSource first({.paths = {path}});
  const SourceReading before = ReadSource(first);
  ASSERT_EQ(truncate(path.c_str(), 5000), 0);
  FileSource second({.paths = {path}});
  EXPECT_THAT(second.Open(before.committed()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(path), HasSubstr("has 5000 bytes, fewer than the 6006"))));
}

TEST(FileResume, APartitionThatThisRunDoesNotReadIsFinishedOnce) {
  ScratchDir dir;
  FileSource first({.paths = {dir.Write("a", "1\n2\n")}});
  ASSERT_THAT(first.Open({}), IsOk());
  SourceReading half;
  ASSERT_THAT(half.Step(first, 1), IsOk());
  ASSERT_THAT(half.finished, ElementsAre(::testing::Pair(::testing::_, false)));

  FileSourceOptions other{.paths = {dir.Write("b", "3\n")}};
  FileSource second(other);
  const SourceReading reading = ReadSource(second, half.committed());
  EXPECT_EQ(reading.batches, 2u);
  EXPECT_TRUE(reading.finished.at(half.committed()[0].partition));
  FileSource third(other);
  EXPECT_EQ(ReadSource(third, reading.committed()).batches, 0u);
}

TEST(FileResume, APartitionThatWasLeftOutGoesOnLater) {
  ScratchDir dir;
  const std::string a = dir.Write("a", "1\n2\n"), b = dir.Write("b", "3\n");
  FileSource first({.paths = {a}});
  ASSERT_THAT(first.Open({}), IsOk());
  SourceReading half;
  ASSERT_THAT(half.Step(first, 1), IsOk());
  FileSource second({.paths = {b}});
  const SourceReading reading = ReadSource(second, half.committed());
  FileSource third({.paths = {a, b}});
  EXPECT_THAT(ReadSource(third, reading.committed()).texts(), ElementsAre("2"));
}

TEST(FileResume, TheSameSourceIsOpenedAgainAtACommit) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "1\n2\n3\n")}});
  ASSERT_THAT(source.Open({}), IsOk());
  SourceReading reading;
  ASSERT_THAT(reading.Step(source, 1), IsOk());
  const std::vector<CommittedPosition> commit = reading.committed();
  ASSERT_THAT(reading.Drain(source), IsOk());
  EXPECT_THAT(ReadSource(source, commit).texts(), ElementsAre("2", "3"));
}

TEST(FileResume, ACommittedPartitionTellsItsPathAndWhichOfItsFilesItIs) {
  ScratchDir dir;
  FileSource first({.paths = {dir.Write("f", "1\n")}});
  SourceReading reading = ReadSource(first);
  dir.Write("f", "other\n");
  FileSource second({.paths = {dir.Path("f")}});
  reading = ReadSource(second, reading.committed());
  std::vector<uint64_t> generations;
  for (const CommittedPosition& position : reading.committed()) {
    absl::StatusOr<FilePartition> file = DescribeFilePartition(position);
    ASSERT_THAT(file, IsOk());
    EXPECT_EQ(file->path, dir.Path("f"));
    generations.push_back(file->generation);
  }
  EXPECT_THAT(generations, ::testing::UnorderedElementsAre(1, 2));
  EXPECT_THAT(DescribeFilePartition({"f", "nonsense"}), StatusIs(absl::StatusCode::kDataLoss));
}

class FileUnread : public ::testing::Test {
 protected:
  // Reads the first record of "f", which has three, and stops.
  void ReadOne(bool follow = false) {
    FileSource source({.paths = {dir_.Write("f", "1\n2\n3\n")}, .follow = follow});
    ASSERT_THAT(source.Open({}), IsOk());
    ASSERT_THAT(reading_.Step(source, 1), IsOk());
  }

  ScratchDir dir_;
  SourceReading reading_;
  const UnreadRest rest_{dir_.Path("f"), 2};
};

TEST_F(FileUnread, TheRestOfAFileThatWasExchangedIsTold) {
  ReadOne();
  dir_.Write("f", "other\n");
  FileSource source({.paths = {dir_.Path("f")}});
  ASSERT_THAT(source.Open(reading_.committed()), IsOk());
  EXPECT_THAT(source.unread_rests(), ElementsAre(rest_));
  EXPECT_THAT(reading_.Drain(source), IsOk());
  EXPECT_THAT(source.unread_rests(), ElementsAre(rest_));
}

TEST_F(FileUnread, ItIsToldOnce) {
  ReadOne();
  dir_.Write("f", "other\n");
  FileSource second({.paths = {dir_.Path("f")}});
  reading_ = ReadSource(second, reading_.committed());
  FileSource third({.paths = {dir_.Path("f")}});
  ASSERT_THAT(third.Open(reading_.committed()), IsOk());
  EXPECT_THAT(third.unread_rests(), IsEmpty());
}

TEST_F(FileUnread, AFileThatWasReadToItsEndHasNone) {
  ReadOne();
  FileSource second({.paths = {dir_.Path("f")}});
  reading_ = ReadSource(second, reading_.committed());
  EXPECT_THAT(second.unread_rests(), IsEmpty());
  dir_.Write("f", "other\n");
  FileSource third({.paths = {dir_.Path("f")}});
  ASSERT_THAT(third.Open(reading_.committed()), IsOk());
  EXPECT_THAT(third.unread_rests(), IsEmpty());
}

TEST_F(FileUnread, AFileThatIsLeftOutMayBeReadOnLater) {
  ReadOne();
  FileSource source({.paths = {dir_.Write("g", "other\n")}});
  ASSERT_THAT(source.Open(reading_.committed()), IsOk());
  EXPECT_THAT(source.unread_rests(), IsEmpty());
}

TEST_F(FileUnread, AnExchangeWhileOtherInputsAreReadIsToldAsWell) {
  ReadOne();
  FileSource source({.paths = {dir_.Write("g", "4\n"), dir_.Path("f")}});
  ASSERT_THAT(source.Open(reading_.committed()), IsOk());
  EXPECT_THAT(source.unread_rests(), IsEmpty());
  dir_.Write("f", "other\n");
  EXPECT_THAT(reading_.Drain(source), IsOk());
  EXPECT_THAT(source.unread_rests(), ElementsAre(rest_));
}

TEST_F(FileUnread, ARotatedFileIsReadToItsEndAndHasNone) {
  ReadOne(true);
  dir_.Rename("f", "f.1");
  dir_.Write("f", "other\n");
  FileSource source({.paths = {dir_.Path("f")}, .follow = true});
  reading_ = ReadSource(source, reading_.committed());
  EXPECT_THAT(reading_.texts(), ElementsAre("2", "3", "other"));
  EXPECT_THAT(source.unread_rests(), IsEmpty());
}

TEST_F(FileUnread, AFollowedFileThatIsGoneIsToldUntilItComesBack) {
  ReadOne(true);
  dir_.Rename("f", "away");
  FileSource source({.paths = {dir_.Path("f")}, .follow = true});
  reading_ = ReadSource(source, reading_.committed());
  EXPECT_THAT(source.unread_rests(), ElementsAre(rest_));
  dir_.Rename("away", "f");
  EXPECT_THAT(reading_.Drain(source), IsOk());
  EXPECT_THAT(reading_.texts(), ElementsAre("2", "3"));
  EXPECT_THAT(source.unread_rests(), IsEmpty());
}

TEST(FileResume, APositionThatCannotBeReadIsDataLoss) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "1\n")}});
  EXPECT_THAT(source.Open({{{dir.Path("f") + "#0", "nonsense"}}}),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST(FileResume, AnotherSourcesPartitionIsRefused) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "1\n")}});
  const SourceReading reading = ReadSource(source);
  EXPECT_THAT(source.Open({{{"shard-7", reading.committed()[0].resume}}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("shard-7")));
}

}  // namespace
}  // namespace rtstream
