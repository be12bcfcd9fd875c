#include "rtstream/op/flat_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/validate.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "tests/op/text_source.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::PipelineDriver;

std::vector<std::string> Words(const std::string& line) { return absl::StrSplit(line, ' '); }

std::vector<int> UpTo(const int& n) {
  std::vector<int> numbers;
  for (int i = 0; i < n; ++i) numbers.push_back(i);
  return numbers;
}

TEST(FlatMap, EmitsTheElementsInOrder) {
  MemorySource<std::string> in;
  MemorySink<std::string> out;
  PipelineDriver driver([&] { return From(in) | FlatMap("words", Words) | To(out); });
  in.Push("a b");
  in.Push("c");
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre("a", "b", "c"));
}

TEST(FlatMap, AnEmptyRangeEmitsNothing) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] { return From(in) | FlatMap("up_to", UpTo) | To(out); });
  for (int n : {0, 2, 0}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre(0, 1));
  EXPECT_EQ(driver.Stats("up_to").in, 3u);
  EXPECT_EQ(driver.Stats("up_to").out, 2u);
}

TEST(FlatMap, OneRecordMayGiveMoreThanABatchHolds) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] { return From(in) | FlatMap("up_to", UpTo) | To(out); });
  in.Push(10'000);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_EQ(out.all(), UpTo(10'000));
  EXPECT_EQ(driver.Stats("up_to").out, 10'000u);
}

TEST(FlatMap, RefusesARecordForWhichTheFunctionFails) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] {
    return From(in) |
           FlatMap("up_to",
                   [](const int& n) -> absl::StatusOr<std::vector<int>> {
                     if (n < 0) return absl::InvalidArgumentError("want >= 0");
                     return UpTo(n);
                   }) |
           To(out);
  });
  for (int n : {1, -1, 1}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre(0, 0));
  EXPECT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("up_to", absl::StatusCode::kInvalidArgument, ">= 0")));
}

TEST(FlatMap, ARecordRefusedBehindItIsTheWholeRecordThatItCameFrom) {
  TextSource in({"ab cd", "ef -- gh"});
  MemorySink<std::string> out;
  PipelineDriver driver([&] {
    return From(in) | FlatMap("words", [](const Bytes& line) { return Words(std::string(line)); }) |
           Validate("letters",
                    [](const std::string& word) {
                      return word == "--" ? absl::InvalidArgumentError("want letters")
                                          : absl::OkStatus();
                    }) |
           To(out);
  });
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre("ab", "cd", "ef", "gh"));
  ASSERT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("letters", absl::StatusCode::kInvalidArgument)));
  EXPECT_EQ(driver.dead_letters()[0].bytes, "ef -- gh");
  EXPECT_EQ(driver.dead_letters()[0].position, 6);
  EXPECT_EQ(driver.dead_letters()[0].partition, "orders.txt");
}

TEST(FlatMap, ElementsCarryTheirRecordsPositionAndRefusalsOfOneDoNotTouchOthers) {
  MemorySource<int> in;
  PipelineDriver driver([&] {
    return From(in) | FlatMap("up_to", UpTo) |
           Validate("not_one",
                    [](const int& n) {
                      return n == 1 ? absl::InvalidArgumentError("one") : absl::OkStatus();
                    }) |
           Discard();
  });
  for (int n : {1, 3, 2}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_EQ(driver.dead_letters().size(), 2u);
  EXPECT_EQ(driver.dead_letters()[0].position, 1);
  EXPECT_EQ(driver.dead_letters()[1].position, 2);
  EXPECT_EQ(driver.Stats("not_one").out, 4u);
}

}  // namespace
}  // namespace rtstream
