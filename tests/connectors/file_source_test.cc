#include "rtstream/connectors/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

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
using ::testing::StartsWith;

TEST(FileSource, ARecordHasItsTextPlaceAndLineNumber) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("sales.csv", "one\ntwo\n")}});
  EXPECT_THAT(ReadSource(source).records,
              ElementsAre(ReadRecord{"one", 0, 1, "sales.csv", 3, false},
                          ReadRecord{"two", 4, 2, "sales.csv", 3, false}));
}

TEST(FileSource, DotsBehindASymbolicLinkLeadWhereTheSystemLeads) {
  ScratchDir dir;
  std::filesystem::create_directories(dir.Path("there/below"));
  std::filesystem::create_directory_symlink(dir.Path("there/below"), dir.Path("link"));
  dir.Write("f", "wrong\n");
  dir.Write("there/f", "right\n");
  FileSource source({.paths = {dir.Path("link/../f")}});
  EXPECT_THAT(ReadSource(source).texts(), ElementsAre("right"));
  FileSource twice({.paths = {dir.Path("link/../f"), dir.Path("there/f")}});
  EXPECT_THAT(twice.Open({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
}

TEST(FileSource, BlankLinesAreNoRecordsButCount) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "\n\r\none\n\n\ntwo\n\n")}});
  EXPECT_THAT(ReadSource(source).records,
              ElementsAre(ReadRecord{"one", 3, 3, "f", 3, false},
                          ReadRecord{"two", 9, 6, "f", 3, false}));
}

TEST(FileSource, ACarriageReturnBeforeTheLineEndIsNoPartOfTheRecord) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "one\r\nt\rwo\r\nthree\r\r\n")}});
  EXPECT_THAT(ReadSource(source).texts(), ElementsAre("one", "t\rwo", "three\r"));
}

TEST(FileSource, ALastLineWithoutLineEndIsARecord) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "one\ntwo")}});
  EXPECT_THAT(ReadSource(source).texts(), ElementsAre("one", "two"));
}

TEST(FileSource, AnEmptyFileHasNoRecords) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "")}, .header = "id,name"});
  const SourceReading reading = ReadSource(source);
  EXPECT_THAT(reading.records, IsEmpty());
  EXPECT_EQ(reading.last, PollResult::kFinished);
}

TEST(FileSource, AFileOfBlankLinesMovesThePosition) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "\n\n\r\n")}});
  const SourceReading reading = ReadSource(source);
  EXPECT_THAT(reading.records, IsEmpty());
  EXPECT_THAT(reading.positions, SizeIs(1));
  EXPECT_EQ(reading.input_bytes, 4u);
}

TEST(FileSource, FilesAreReadInTurnEachAPartitionOfItsOwn) {
  ScratchDir dir;
  const std::string a = dir.Write("a", "1\n2\n"), b = dir.Write("b", "3\n");
  FileSource source({.paths = {b, a}});
  const SourceReading reading = ReadSource(source);
  EXPECT_THAT(reading.texts(), ElementsAre("3", "1", "2"));
  EXPECT_THAT(reading.finished, ElementsAre(::testing::Pair(StartsWith(a + "#"), true),
                                            ::testing::Pair(StartsWith(b + "#"), true)));
}

TEST(FileSource, APartitionIsFinishedWithItsLastBatch) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "1\n2\n3\n")}});
  ASSERT_THAT(source.Open({}), IsOk());
  SourceReading reading;
  ASSERT_THAT(reading.Step(source, 2), IsOk());
  EXPECT_FALSE(source.IsFinished(0));
  ASSERT_THAT(reading.Step(source, 2), IsOk());
  EXPECT_TRUE(source.IsFinished(0));
}

TEST(FileSource, AllBytesAreCounted) {
  ScratchDir dir;
  const std::string text = "id,name\r\n\n1,a\n\r\n2,b";
  FileSource source({.paths = {dir.Write("f", text)}, .header = "id,name"});
  EXPECT_EQ(ReadSource(source, {}, 1).input_bytes, text.size());
}

TEST(FileSource, LagIsWhatNoBatchHasCovered) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("a", "1\n22\n"), dir.Write("b", "333\n")}});
  SourceReading reading;
  ASSERT_THAT(source.Open({}), IsOk());
  EXPECT_EQ(source.lag_bytes(), 9u);
  ASSERT_THAT(reading.Step(source, 1), IsOk());
  EXPECT_EQ(source.lag_bytes(), 7u);
  ASSERT_THAT(reading.Drain(source), IsOk());
  EXPECT_EQ(source.lag_bytes(), 0u);
}

TEST(FileSource, RowsStayValidUntilTheBatchIsPolledAgain) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "one\ntwo\nthree\n")}, .max_record = 8, .chunk_bytes = 4});
  ASSERT_THAT(source.Open({}), IsOk());
  Batch<Bytes> first, second, third;
  ASSERT_THAT(source.Poll(1, first), IsOk());
  ASSERT_THAT(source.Poll(1, second), IsOk());
  ASSERT_THAT(source.Poll(1, third), IsOk());
  EXPECT_THAT(first.rows(), ElementsAre("one"));
  EXPECT_THAT(second.rows(), ElementsAre("two"));
  EXPECT_THAT(third.rows(), ElementsAre("three"));
}

TEST(FileSource, TheHeaderIsNoRecord) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("a", "id,name\n1,x\n"), dir.Write("b", "id,name\n2,y\n")},
                     .header = "id,name"});
  EXPECT_THAT(ReadSource(source).records, ElementsAre(ReadRecord{"1,x", 8, 2, "a", 3, false},
                                                      ReadRecord{"2,y", 8, 2, "b", 3, false}));
}

TEST(FileSource, AByteOrderMarkAndACarriageReturnAroundTheHeaderArePassedOver) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "\xEF\xBB\xBFid,name\r\n1,x\r\n")},
                     .header = "id,name"});
  EXPECT_THAT(ReadSource(source).texts(), ElementsAre("1,x"));
}

TEST(FileSource, AnotherHeaderIsRefusedWithWhatWasMetAndWanted) {
  ScratchDir dir;
  const std::string path = dir.Write("f", "id,price\n1,x\n");
  FileSource source({.paths = {path}, .header = "id,name"});
  ASSERT_THAT(source.Open({}), IsOk());
  SourceReading reading;
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition,
                                AllOf(HasSubstr(path), HasSubstr("'id,name'"), HasSubstr("'id,price'")));
  EXPECT_THAT(reading.Drain(source), refused);
  EXPECT_THAT(reading.Drain(source), refused) << "the source stands where it stood";
}

TEST(FileSource, AFirstLineWithoutEndIsNotReadForAHeader) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", std::string(10000, 'x'))},
                     .header = "id,name", .max_record = 100, .chunk_bytes = 100});
  ASSERT_THAT(source.Open({}), IsOk());
  SourceReading reading;
  EXPECT_THAT(reading.Drain(source), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(FileSource, AQuotedLineEndEndsTheRecordUnlessAskedFor) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "1,\"a\nb\"\n2,c\n")}});
  EXPECT_THAT(ReadSource(source).texts(), ElementsAre("1,\"a", "b\"", "2,c"));
}

TEST(FileSource, AQuotedLineEndIsPartOfTheFieldWhenAskedFor) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "1,\"a\r\n\n\"\"b\"\r\n2,c\n")},
                     .quoted_newlines = true});
  EXPECT_THAT(ReadSource(source).records,
              ElementsAre(ReadRecord{"1,\"a\r\n\n\"\"b\"", 0, 1, "f", 11, false},
                          ReadRecord{"2,c", 13, 4, "f", 3, false}));
}

TEST(FileSource, ARecordOfTheGreatestLengthIsKeptWhole) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Write("f", "12345678\r\n12345678")}, .max_record = 8, .chunk_bytes = 3});
  EXPECT_THAT(ReadSource(source).texts(), ElementsAre("12345678", "12345678"));
}

TEST(FileSource, ALongerRecordKeepsItsBeginningAndItsTrueLength) {
  ScratchDir dir;
  const std::string big(3 * DeadLetter::kMaxBytes, 'x');
  FileSource source({.paths = {dir.Write("f", "a\n" + big + "\r\nb\n")}, .max_record = 100 << 10});
  const std::string kept(DeadLetter::kMaxBytes, 'x');
  EXPECT_THAT(ReadSource(source).records,
              ElementsAre(ReadRecord{"a", 0, 1, "f", 1, false},
                          ReadRecord{kept, 2, 2, "f", big.size(), true},
                          ReadRecord{"b", static_cast<int64_t>(big.size() + 4), 3, "f", 1, false}));
}

TEST(FileSource, ARecordLongerThanABufferIsPassedInPieces) {
  ScratchDir dir;
  const std::string big(100000, 'x');
  FileSource source({.paths = {dir.Write("f", "a\n" + big + "\nb\n")},
                     .max_record = 50, .chunk_bytes = 1000});
  const SourceReading reading = ReadSource(source);
  EXPECT_THAT(reading.records,
              ElementsAre(ReadRecord{"a", 0, 1, "f", 1, false},
                          ReadRecord{std::string(50, 'x'), 2, 2, "f", 100000, true},
                          ReadRecord{"b", 100003, 3, "f", 1, false}));
  EXPECT_EQ(reading.input_bytes, big.size() + 5);
}

TEST(FileSource, SteadyReadingUsesTwoBuffersAtMost) {
  ScratchDir dir;
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "a line of text\n";
  FileSource source({.paths = {dir.Write("f", text)}, .max_record = 100, .chunk_bytes = 1000});
  ASSERT_THAT(source.Open({}), IsOk());
  Batch<Bytes> batch;
  std::set<uintptr_t> buffers;
  while (*source.Poll(10, batch) == PollResult::kBatch) {
    // Buffers are apart by more than their size.
    buffers.insert(reinterpret_cast<uintptr_t>(batch.frame().bytes().data()) >> 12);
  }
  EXPECT_LE(buffers.size(), 4u);
}

TEST(FileSource, AMissingFileIsNamed) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Path("none")}});
  EXPECT_THAT(source.Open({}), StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir.Path("none"))));
}

TEST(FileSource, AFileThatMayNotBeReadIsNamed) {
  ScratchDir dir;
  const std::string path = dir.Write("f", "1\n");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  // To root nothing is forbidden: be nobody meanwhile.
  const uid_t user = geteuid();
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(seteuid(user == 0 ? kNobody : user), 0);
  FileSource source({.paths = {path}});
  const absl::Status status = source.Open({});
  ASSERT_EQ(seteuid(user), 0);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr(path)));
}

TEST(FileSource, AReadErrorIsNamed) {
  // Regular by its kind, and there is nothing at its beginning.
  FileSource source({.paths = {"/proc/self/mem"}});
  EXPECT_THAT(source.Open({}).ToString(), HasSubstr("cannot read /proc/self/mem"));
}

TEST(FileSource, ADirectoryIsRefused) {
  ScratchDir dir;
  FileSource source({.paths = {dir.Path("")}});
  EXPECT_THAT(source.Open({}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a directory")));
}

TEST(FileSource, ANamedPipeIsRefusedWithoutWaitingForItsOtherEnd) {
  ScratchDir dir;
  ASSERT_EQ(mkfifo(dir.Path("pipe").c_str(), 0600), 0);
  FileSource source({.paths = {dir.Path("pipe")}});
  EXPECT_THAT(source.Open({}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a regular file")));
}

TEST(FileSource, TheSamePathTwiceIsRefused) {
  ScratchDir dir;
  const std::string path = dir.Write("f", "1\n");
  FileSource source({.paths = {path, dir.Path("./f")}});
  EXPECT_THAT(source.Open({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
}

TEST(FileSource, NoPathIsRefused) {
  FileSource source({});
  EXPECT_THAT(source.Open({}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(FileSource, AFileThatShrinksWhileItIsReadIsAnError) {
  ScratchDir dir;
  const std::string path = dir.Write("f", "1\n2\n333");
  FileSource source({.paths = {path}});
  ASSERT_THAT(source.Open({}), IsOk());
  SourceReading reading;
  ASSERT_THAT(reading.Step(source), IsOk());
  ASSERT_EQ(truncate(path.c_str(), 2), 0);
  EXPECT_THAT(reading.Drain(source), StatusIs(absl::StatusCode::kFailedPrecondition,
                                              HasSubstr("has 2 bytes, fewer than the 7 read")));
}

}  // namespace
}  // namespace rtstream
