#include "rtstream/op/map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/tee.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "tests/op/text_source.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::PipelineDriver;

absl::StatusOr<int> Half(const int& n) {
  if (n % 2 != 0) return absl::InvalidArgumentError("want an even number");
  return n / 2;
}

TEST(Map, EmitsWhatTheFunctionReturns) {
  MemorySource<int> in;
  MemorySink<std::string> out;
  PipelineDriver driver([&] {
    return From(in) | Map("text", [](const int& n) { return std::to_string(n); }) | To(out);
  });
  for (int n : {3, 1, 2}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre("3", "1", "2"));
}

TEST(Map, EmitsTheRecordThatTheFunctionChanged) {
  MemorySource<int> in;
  MemorySink<int> before{"copy"}, after{"out"};
  PipelineDriver driver([&] {
    return From(in) | Tee("before", Branch<int>() | To(before)) | Map("next", [](int& n) { ++n; }) |
           Map("twice", [](int& n, Context&) { n *= 2; }) | To(after);
  });
  for (int n : {3, 1, 2}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(after.all(), ElementsAre(8, 4, 6));
  EXPECT_THAT(before.all(), ElementsAre(3, 1, 2)) << "a branch keeps its own";
}

TEST(Map, RefusesARecordThatTheFunctionCannotChange) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] {
    return From(in) | Map("halve",
                          [](int& n) {
                            absl::StatusOr<int> half = Half(n);
                            if (half.ok()) n = *half;
                            return half.status();
                          }) |
           To(out);
  });
  for (int n : {4, 5, 6}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre(2, 3));
  EXPECT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("halve", absl::StatusCode::kInvalidArgument, "even")));
}

TEST(Map, RefusesARecordForWhichTheFunctionFails) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] { return From(in) | Map("half", Half) | To(out); });
  for (int n : {4, 5, 6}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre(2, 3));
  EXPECT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("half", absl::StatusCode::kInvalidArgument, "even")));
}

TEST(Map, CountsWhatItTakesEmitsAndRefuses) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] { return From(in) | Map("half", Half) | To(out); });
  for (int n : {4, 5, 6}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  const OperatorStats stats = driver.Stats("half");
  EXPECT_EQ(stats.in, 3u);
  EXPECT_EQ(stats.out, 2u);
  EXPECT_EQ(stats.refused, 1u);
}

TEST(Map, TheFunctionMayAskTheContextWhereTheRecordIs) {
  TextSource in({"a", "bb", "ccc"});
  MemorySink<std::string> out;
  PipelineDriver driver([&] {
    return From(in) |
           Map("where",
               [](const Bytes& line, Context& ctx) {
                 EXPECT_EQ(ctx.raw(), line);
                 return std::string(ctx.partition()) + ":" + std::to_string(ctx.position()) + ":" +
                        std::to_string(ctx.ordinal());
               }) |
           To(out);
  });
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre("orders.txt:0:1", "orders.txt:2:2", "orders.txt:5:3"));
}

TEST(Map, TextMadeInTheArenaLivesUntilTheSink) {
  MemorySource<int> in;
  MemorySink<std::string> out;
  PipelineDriver driver([&] {
    return From(in) |
           Map("view",
               [](const int& n, Context& ctx) {
                 return ctx.arena().Copy("number " + std::to_string(n));
               }) |
           Map("own", [](const std::string_view& s) { return std::string(s); }) | To(out);
  });
  for (int n = 0; n < 100; ++n) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_EQ(out.all().front(), "number 0");
  EXPECT_EQ(out.all().back(), "number 99");
}

TEST(DeadLetters, SayWhereTheRecordWasAndWhatItWas) {
  TextSource in({"4", "five", "6"});
  PipelineDriver driver([&] {
    return From(in) |
           Map("parse",
               [](const Bytes& line) -> absl::StatusOr<int> {
                 int n = 0;
                 if (!absl::SimpleAtoi(absl::string_view(line.data(), line.size()), &n))
                   return absl::InvalidArgumentError("want a number");
                 return n;
               }) |
           Discard();
  });
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_EQ(driver.dead_letters().size(), 1u);
  const DeadLetter& letter = driver.dead_letters()[0];
  EXPECT_THAT(letter, DeadLetterIs("parse", absl::StatusCode::kInvalidArgument, "want a number"));
  EXPECT_EQ(letter.partition, "orders.txt");
  EXPECT_EQ(letter.position, 2);
  EXPECT_EQ(letter.ordinal, 2);
  EXPECT_EQ(letter.bytes, "five");
  EXPECT_EQ(letter.length, 4u);
}

TEST(DeadLetters, KeepTheFirstBytesOfALongRecordAndItsFullLength) {
  TextSource in({std::string(100'000, 'x')});
  PipelineDriver driver([&] {
    return From(in) |
           Map("refuse",
               [](const Bytes&) -> absl::StatusOr<int> {
                 return absl::InvalidArgumentError("no");
               }) |
           Discard();
  });
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_EQ(driver.dead_letters().size(), 1u);
  EXPECT_EQ(driver.dead_letters()[0].bytes, std::string(DeadLetter::kMaxBytes, 'x'));
  EXPECT_EQ(driver.dead_letters()[0].length, 100'000u);
}

TEST(DeadLetters, OfARecordThatTheSourceCutSayItsFullLength) {
  TextSource in({"0123456789", "next"});
  in.set_longest(4);
  PipelineDriver driver([&] {
    return From(in) |
           Map("refuse",
               [](const Bytes&) -> absl::StatusOr<int> {
                 return absl::InvalidArgumentError("no");
               }) |
           Discard();
  });
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_EQ(driver.dead_letters().size(), 2u);
  EXPECT_EQ(driver.dead_letters()[0].bytes, "0123");
  EXPECT_EQ(driver.dead_letters()[0].length, 10u);
  EXPECT_EQ(driver.dead_letters()[1].bytes, "next");
}

}  // namespace
}  // namespace rtstream
