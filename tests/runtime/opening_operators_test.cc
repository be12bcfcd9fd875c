#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "rtstream/op/aggregate.h"
#include "rtstream/op/dedup.h"
#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

// What a runner says at the start of operators that stand in the wrong place, or over another one's state.
namespace rtstream {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

int64_t Same(const int64_t& n) { return n; }
void Add(int64_t& sum, const int64_t& n) { sum += n; }

class OpeningOperatorsTest : public ::testing::Test {
 protected:
  absl::Status Open(Pipeline pipeline) {
    return Runner(std::move(pipeline), store_, {.clock = &clock_, .commit_mode = CommitMode::kInStep}).Open();
  }
  auto Numbers() { return From(source_); }
  auto Timed() { return Numbers() | AssignEventTime(World::TimeOf); }
  auto Refused(std::string_view first, std::string_view second = "") {
    return StatusIs(absl::StatusCode::kFailedPrecondition,
                    AllOf(HasSubstr(std::string(first)), HasSubstr(std::string(second))));
  }

  FakeSource source_{0};
  FakeStore store_;
  testing::ManualClock clock_;
};

TEST_F(OpeningOperatorsTest, ADedupWithoutEventTimeIsRefused) {
  EXPECT_THAT(Open(Numbers() | Dedup("ids", Same, {.window = 1h}) | Discard()),
              Refused("operator 'ids'", "want AssignEventTime before it"));
}

TEST_F(OpeningOperatorsTest, AWindowBeforeAssignEventTimeIsRefused) {
  EXPECT_THAT(Open(Numbers() | Tee("tee", Branch<int64_t>() | Aggregate("hours", Same, Add, Tumbling{.size = 1h}) | Discard())
                   | AssignEventTime(World::TimeOf) | Discard()),
              Refused("operator 'hours'", "want AssignEventTime before it"));
}

TEST_F(OpeningOperatorsTest, EventTimeIsKnownInBranchesBehindIt) {
  EXPECT_THAT(Open(Timed() | Tee("tee", Branch<int64_t>() | Dedup("ids", Same, {.window = 1h}) | Discard()) | Discard()),
              IsOk());
}

TEST_F(OpeningOperatorsTest, AssignEventTimeInABranchIsRefused) {
  EXPECT_THAT(Open(Numbers() | Tee("tee", Branch<int64_t>() | AssignEventTime(World::TimeOf) | Discard()) | Discard()),
              Refused("AssignEventTime is in a branch"));
}

TEST_F(OpeningOperatorsTest, AnAggregateWithoutWindowsNeedsNoEventTime) {
  EXPECT_THAT(Open(Numbers() | Aggregate("sums", Same, Add) | Discard()), IsOk());
}

TEST_F(OpeningOperatorsTest, TheStateOfAnotherKindOfOperatorIsRefused) {
  ASSERT_THAT(Open(Timed() | Dedup("mine", Same, {.window = 1h}) | Discard()), IsOk());
  EXPECT_THAT(Open(Timed() | Aggregate("mine", Same, Add) | Discard()),
              Refused("'mine' has stored the state of Dedup", "it is Aggregate without windows"));
}

TEST_F(OpeningOperatorsTest, SumsWithoutWindowsAreNoSumsOfWindows) {
  ASSERT_THAT(Open(Timed() | Aggregate("sums", Same, Add) | Discard()), IsOk());
  EXPECT_THAT(Open(Timed() | Aggregate("sums", Same, Add, Tumbling{.size = 1h}) | Discard()),
              Refused("Aggregate without windows", "it is Aggregate with Tumbling"));
}

TEST_F(OpeningOperatorsTest, AnotherDedupWindowIsRefusedNamingTheOperator) {
  FakeSource numbers(10);
  const auto make = [&](Duration window) {
    return From(numbers) | AssignEventTime(World::TimeOf) | Dedup("ids", Same, {.window = window}) | Discard();
  };
  ASSERT_THAT(Runner(make(1h), store_, {.clock = &clock_}).Run(), IsOk());
  EXPECT_THAT(Open(make(2h)), Refused("operator 'ids'", "window of 3600 s, this run has 7200 s"));
}

// Says of itself that it is a plain one, and is none.
class Unkind final : public Sink<int64_t> {
 public:
  SinkKind kind() const override { return SinkKind::kPlain; }
  std::string_view name() const override { return "unkind"; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Write(const Rows<int64_t>&) override { return absl::OkStatus(); }
};

TEST_F(OpeningOperatorsTest, ASinkOfNoKindIsRefused) {
  Unkind sink;
  EXPECT_THAT(Open(Numbers() | To(sink)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want PlainSink, StagedSink or OutboxSink")));
}

}  // namespace
}  // namespace rtstream
