#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/op/map.h"
#include "rtstream/op/route.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

int64_t Same(const int64_t& n) { return n; }
bool IsOdd(const int64_t& n) { return n % 2 != 0; }

// Opens a pipeline over an empty source on `store`.
class OpeningTest : public ::testing::Test {
 protected:
  absl::Status Open(Pipeline pipeline, RunOptions options = {}) {
    options.clock = &clock_;
    options.commit_mode = CommitMode::kInStep;
    return Runner(std::move(pipeline), store_, options).Open();
  }
  auto Numbers() { return From(source_); }
  auto Summed(std::string name) {
    return Numbers() | UpdateState(std::move(name), Same,
                                   [](ItemUpdate<int64_t>&, const int64_t& n) { return n; });
  }

  FakeSource source_{0};
  FakeStagedSink staged_{"staged"}, other_{"other"};
  FakeStore store_;
  testing::ManualClock clock_;
};

TEST_F(OpeningTest, TwoOperatorsOfOneNameAreRefused) {
  EXPECT_THAT(Open(Numbers() | Map("same", Same) | Map("same", Same) | Discard()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'same'")));
}

TEST_F(OpeningTest, ASinkNamedLikeAnOperatorIsRefused) {
  EXPECT_THAT(Open(Numbers() | Map("staged", Same) | To(staged_)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'staged'")));
}

TEST_F(OpeningTest, TwoSinksOfOneNameAreRefused) {
  FakeStagedSink twin("staged");
  EXPECT_THAT(Open(Numbers() | Route("route", IsOdd, Branch<int64_t>() | To(staged_),
                                     Branch<int64_t>() | To(twin))),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'staged'")));
}

TEST_F(OpeningTest, ADeadLetterSinkNamedLikeAnotherSinkIsRefused) {
  MemorySink<DeadLetter> letters("staged");
  RunOptions options;
  options.dead_letters = &letters;
  EXPECT_THAT(Open(Numbers() | To(staged_), options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'staged'")));
}

TEST_F(OpeningTest, ADeadLetterSinkNamedLikeAnOperatorIsRefused) {
  MemorySink<DeadLetter> letters("same");
  RunOptions options;
  options.dead_letters = &letters;
  EXPECT_THAT(Open(Numbers() | Map("same", Same) | To(staged_), options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'same'")));
}

TEST_F(OpeningTest, ADeadLetterSinkWithoutAProperNameIsRefused) {
  MemorySink<DeadLetter> letters("staged/1");
  RunOptions options;
  options.dead_letters = &letters;
  EXPECT_THAT(Open(Numbers() | To(staged_), options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("letters, digits")));
}

TEST_F(OpeningTest, OneSinkMayEndSeveralBranches) {
  EXPECT_THAT(Open(Numbers() | Route("route", IsOdd, Branch<int64_t>() | To(staged_),
                                     Branch<int64_t>() | To(staged_))),
              IsOk());
}

TEST_F(OpeningTest, NamesAreShortAndPlain) {
  const auto kRefused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1 to 64"));
  EXPECT_THAT(Open(Numbers() | Map("", Same) | Discard()), kRefused);
  EXPECT_THAT(Open(Numbers() | Map("a/b", Same) | Discard()), kRefused);
  EXPECT_THAT(Open(Numbers() | Map("caf\xc3\xa9", Same) | Discard()), kRefused);
  EXPECT_THAT(Open(Numbers() | Map(std::string(65, 'a'), Same) | Discard()), kRefused);
  EXPECT_THAT(Open(Numbers() | Map("A-z_0.9" + std::string(57, 'a'), Same) | Discard()), IsOk());
}

TEST_F(OpeningTest, AnotherSettingIsRefusedNamingBoth) {
  RunOptions options;
  options.settings["max-price"] = "100";
  ASSERT_THAT(Open(Numbers() | Discard(), options), IsOk());
  options.settings["max-price"] = "200";
  EXPECT_THAT(Open(Numbers() | Discard(), options),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("max-price"), HasSubstr("100"), HasSubstr("200"))));
}

TEST_F(OpeningTest, ASettingThatTheStateWasNotMadeWithIsRefused) {
  ASSERT_THAT(Open(Numbers() | Discard()), IsOk());
  RunOptions options;
  options.settings["max-price"] = "200";
  EXPECT_THAT(Open(Numbers() | Discard(), options),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("max-price"), HasSubstr("not set"), HasSubstr("200"))));
}

TEST_F(OpeningTest, ASettingThatIsNoLongerGivenIsRefused) {
  RunOptions options;
  options.settings["max-price"] = "100";
  ASSERT_THAT(Open(Numbers() | Discard(), options), IsOk());
  EXPECT_THAT(Open(Numbers() | Discard()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("max-price"), HasSubstr("100"), HasSubstr("not set"))));
}

TEST_F(OpeningTest, AStatefulOperatorThatIsMissingIsRefused) {
  ASSERT_THAT(Open(Summed("sum") | Discard()), IsOk());
  EXPECT_THAT(Open(Summed("total") | Discard()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("'sum'")));
}

TEST_F(OpeningTest, ANewStatefulOperatorBeginsEmpty) {
  ASSERT_THAT(Open(Numbers() | Discard()), IsOk());
  EXPECT_THAT(Open(Summed("sum") | Discard()), IsOk());
}

TEST_F(OpeningTest, AStagedSinkThatLostRowsIsRefused) {
  World world(10);
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  world.staged.rows.pop_back();
  EXPECT_THAT(world.NewRunner()->Open(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(OpeningTest, ADamagedCommitRecordIsRefused) {
  StateBatch batch;
  batch.Put(std::string(kCommitKey), "damaged");
  ASSERT_THAT(store_.Apply(batch), IsOk());
  EXPECT_THAT(Open(Numbers() | Discard()), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(OpeningTest, AnOutboxSinkThatStillHasToSendMayNotGo) {
  World world(10);
  world.outbox.send_faults.Push(absl::InternalError("down"));
  EXPECT_THAT(world.NewRunner()->Run(), StatusIs(absl::StatusCode::kInternal));
  ASSERT_GT(world.OutboxKeys(), 0u);
  FakeOutboxSink renamed("renamed");
  EXPECT_THAT(Runner(From(world.source) |
                         UpdateState("sum", Same,
                                     [](ItemUpdate<int64_t>&, const int64_t& n) { return n; }) |
                         To(renamed),
                     world.store, world.Options())
                  .Open(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("'outbox'")));
}

}  // namespace
}  // namespace rtstream
