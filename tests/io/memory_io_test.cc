// The source, the sink and the table that live in memory.
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/testing/matchers.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

TEST(MemorySource, GivesTheRecordsOfAPartitionInOrderAndTheirPositions) {
  MemorySource<int> source;
  for (int i = 10; i < 15; ++i) source.Push(i);
  ASSERT_THAT(source.Open({}), IsOk());
  Batch<int> batch;
  EXPECT_THAT(source.Poll(3, batch), IsOkAndHolds(PollResult::kBatch));
  EXPECT_THAT(batch.rows(), ElementsAre(10, 11, 12));
  EXPECT_EQ(batch.resume, "3");
  EXPECT_THAT(source.Poll(3, batch), IsOkAndHolds(PollResult::kBatch));
  EXPECT_THAT(batch.rows(), ElementsAre(13, 14));
  EXPECT_EQ(batch.frame().base_position, 3);
}

TEST(MemorySource, IsIdleUntilItIsFinished) {
  MemorySource<int> source;
  ASSERT_THAT(source.Open({}), IsOk());
  Batch<int> batch;
  EXPECT_THAT(source.Poll(1, batch), IsOkAndHolds(PollResult::kIdle));
  source.Push(1);
  source.Finish();
  EXPECT_FALSE(source.IsFinished(0));
  EXPECT_THAT(source.Poll(1, batch), IsOkAndHolds(PollResult::kBatch));
  EXPECT_TRUE(source.IsFinished(0));
  EXPECT_THAT(source.Poll(1, batch), IsOkAndHolds(PollResult::kFinished));
}

TEST(MemorySource, PartitionsTakeTurns) {
  MemorySource<int> source(2);
  source.Push(1, 0);
  source.Push(2, 0);
  source.Push(3, 1);
  ASSERT_THAT(source.Open({}), IsOk());
  Batch<int> batch;
  std::vector<uint32_t> partitions;
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(source.Poll(1, batch), IsOkAndHolds(PollResult::kBatch));
    partitions.push_back(batch.frame().partition);
  }
  EXPECT_THAT(partitions, ElementsAre(0, 1, 0));
}

TEST(MemorySource, GoesOnBehindTheCommittedPosition) {
  MemorySource<int> source(2);
  for (int i = 0; i < 4; ++i) source.Push(i, 1);
  const std::vector<CommittedPosition> committed{{source.PartitionName(1), "3"}};
  ASSERT_THAT(source.Open(committed), IsOk());
  Batch<int> batch;
  EXPECT_THAT(source.Poll(9, batch), IsOkAndHolds(PollResult::kBatch));
  EXPECT_THAT(batch.rows(), ElementsAre(3));
}

TEST(MemorySource, ABatchHoldsWhatItAsksForWhereverItBegins) {
  MemorySource<int> source;
  for (int i = 0; i < 10'000; ++i) source.Push(i);
  ASSERT_THAT(source.Open({}), IsOk());
  Batch<int> batch;
  std::vector<int> all;
  for (size_t rows = 1000; all.size() < 10'000; rows += 777) {
    EXPECT_THAT(source.Poll(rows, batch), IsOkAndHolds(PollResult::kBatch));
    EXPECT_EQ(batch.size(), std::min(rows, 10'000 - all.size()));
    EXPECT_EQ(batch.frame().position(batch.size() - 1), batch.rows().back());
    all.insert(all.end(), batch.rows().begin(), batch.rows().end());
  }
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(all[static_cast<size_t>(i)], i);
}

TEST(MemorySource, RecordsOfABatchStayWhereTheyAreWhileOthersCome) {
  MemorySource<std::string> source;
  source.Push("first");
  ASSERT_THAT(source.Open({}), IsOk());
  Batch<std::string> batch;
  EXPECT_THAT(source.Poll(9, batch), IsOkAndHolds(PollResult::kBatch));
  for (int i = 0; i < 10'000; ++i) source.Push("another");
  EXPECT_THAT(batch.rows(), ElementsAre("first"));
}

TEST(MemorySource, PositionThatDoesNotExistIsRefused) {
  MemorySource<int> source;
  source.Push(1);
  const auto open = [&](CommittedPosition p) { return source.Open(absl::MakeSpan(&p, 1)); };
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(open({"0", "2"}), refused);
  EXPECT_THAT(open({"1", "0"}), refused);
  EXPECT_THAT(open({"zero", "0"}), refused);
  EXPECT_THAT(open({"0", "1"}), IsOk());
}

// A sink with these rows in it.
void Write(MemorySink<int>& sink, const std::vector<int>& values) {
  Batch<int> batch;
  batch.Begin(0, "0", 0, 1);
  Selection all;
  for (size_t i = 0; i < values.size(); ++i) {
    batch.Append(values[i], RowMeta());
    all.Add(i);
  }
  ASSERT_THAT(sink.Write(Rows<int>(batch.rows().data(), batch.frame(), all)), IsOk());
}

TEST(MemorySink, CutsOffWhatNoCommitNames) {
  MemorySink<int> sink;
  ASSERT_THAT(sink.Open(std::nullopt), IsOk());
  Write(sink, {1, 2});
  const std::string mark = *sink.Cut();
  Write(sink, {3});
  EXPECT_THAT(sink.all(), ElementsAre(1, 2, 3));
  ASSERT_THAT(sink.Open(mark), IsOk());
  EXPECT_THAT(sink.all(), ElementsAre(1, 2));
}

// A row of views, as a parser makes it.
struct Visit {
  std::string_view who;
  std::optional<std::string_view> from;
  int pages = 0;
};

}  // namespace
template <>
struct Mapping<Visit> {
  static constexpr auto kFields =
      std::tuple{Field("who", &Visit::who), Field("from", &Visit::from), Field("pages", &Visit::pages)};
};
namespace {

template <typename T>
void WriteOne(MemorySink<T>& sink, const T& row) {
  Batch<T> batch;
  batch.Begin(0, "0", 0, 1);
  batch.Append(row, RowMeta());
  Selection all;
  all.Add(0);
  ASSERT_THAT(sink.Write(Rows<T>(batch.rows().data(), batch.frame(), all)), IsOk());
}

TEST(MemorySink, OwnsTheTextsOfMappedRows) {
  MemorySink<Visit> sink;
  std::string bytes = "ann,here";
  WriteOne(sink, Visit{std::string_view(bytes).substr(0, 3), std::string_view(bytes).substr(4), 7});
  bytes.assign(bytes.size(), '#');
  ASSERT_EQ(sink.all().size(), 1u);
  EXPECT_EQ(sink.all()[0].who, "ann");
  EXPECT_EQ(sink.all()[0].from, "here");
  EXPECT_EQ(sink.all()[0].pages, 7);
}

TEST(MemorySink, OwnsTextsAloneAndInTuples) {
  MemorySink<std::string_view> texts;
  MemorySink<std::pair<int, std::string_view>> pairs;
  std::string bytes = "a text";
  WriteOne(texts, std::string_view(bytes));
  WriteOne(pairs, {1, std::string_view(bytes)});
  bytes.assign(bytes.size(), '#');
  EXPECT_THAT(texts.all(), ElementsAre("a text"));
  EXPECT_THAT(pairs.all(), ElementsAre(std::pair(1, "a text")));
}

TEST(MemorySink, NewOneBeginsEmpty) {
  MemorySink<int> sink;
  Write(sink, {1});
  ASSERT_THAT(sink.Open(std::nullopt), IsOk());
  EXPECT_THAT(sink.all(), ElementsAre());
}

TEST(MemorySink, MarkBeyondItsRowsIsDataLoss) {
  MemorySink<int> sink;
  EXPECT_THAT(sink.Open("1"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(sink.Open("many"), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace rtstream
