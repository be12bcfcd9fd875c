#include "rtstream/op/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>

#include "rtstream/op/map.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/testing/matchers.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

// Emits nothing for no units, refuses a negative number, else the sale twice as large.
struct Double {
  using Input = Sale;
  using Output = Sale;
  static constexpr bool kEmitsAtMostOne = true;
  template <typename Emit>
  absl::Status Process(const Sale& in, Context&, Emit&& emit) const {
    if (in.units < 0) return absl::InvalidArgumentError("want units >= 0");
    if (in.units > 0) emit(Sale{in.id, in.sku, 2 * in.units, in.at});
    return absl::OkStatus();
  }
};

// The number of units, one by one, with the record's position.
struct CountUp {
  using Input = Sale;
  using Output = std::string;
  template <typename Emit>
  absl::Status Process(const Sale& in, Context& ctx, Emit&& emit) const {
    if (in.units < 0) return absl::InvalidArgumentError("want units >= 0");
    for (int64_t i = 0; i < in.units; ++i) {
      emit(std::to_string(ctx.position()) + "/" + std::to_string(i));
    }
    return absl::OkStatus();
  }
};

// Emits sales whose units differ from the last ones of their sku.
struct OnlyChanges {
  using Input = Sale;
  using Output = Sale;
  KeyedState<std::string, int64_t> last{"last"};
  auto States() { return std::tie(last); }
  template <typename Emit>
  absl::Status Process(const Sale& in, Context&, Emit&& emit) {
    const int64_t* before = last.Get(in.sku);
    if (before != nullptr && *before == in.units) return absl::OkStatus();
    last.Put(in.sku, in.units);
    emit(in);
    return absl::OkStatus();
  }
};

// Emits how many records came before, which it stores by hand.
struct Number {
  using Input = Sale;
  using Output = std::string;
  int64_t before = 0;
  template <typename Emit>
  absl::Status Process(const Sale& in, Context&, Emit&& emit) {
    emit(in.id + "#" + std::to_string(before++));
    return absl::OkStatus();
  }
  absl::Status OnCheckpoint(CheckpointWriter& out) const {
    out.batch().Put(out.Key("before"), std::to_string(before));
    return absl::OkStatus();
  }
  absl::Status OnRestore(const CheckpointReader& in) {
    const absl::StatusOr<std::optional<Versioned>> stored = in.store().Get(in.Key("before"));
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return absl::DataLossError("nothing was stored");
    before = std::stoll((*stored)->value);
    return absl::OkStatus();
  }
};

// Says when the watermark moves, and how many records it has seen.
struct Ticker {
  using Input = Sale;
  using Output = std::string;
  KeyedState<int64_t, int64_t> seen{"seen"};
  auto States() { return std::tie(seen); }
  template <typename Emit>
  absl::Status Process(const Sale&, Context&, Emit&&) {
    ++seen.Mutable(0);
    return absl::OkStatus();
  }
  template <typename Emit>
  absl::Status OnWatermark(Time watermark, Emit&& emit) {
    emit(std::to_string((watermark - At(0)).count() / 1'000'000) + ":" +
         std::to_string(seen.Mutable(0)));
    return absl::OkStatus();
  }
};

class ApplyTest : public SaleTestBase {
 protected:
  MemorySink<std::string> texts_{"texts"};
};

TEST_F(ApplyTest, AnOperatorThatEmitsAtMostOneMayDropAndRefuse) {
  Use([this] { return From(in_) | Apply("double", Double{}) | To(out_); });
  for (int64_t units : {1, 0, -1, 3}) Push("a", "", units);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_EQ(out_.all().size(), 2u);
  EXPECT_EQ(out_.all()[0].units, 2);
  EXPECT_EQ(out_.all()[1].units, 6);
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("double", absl::StatusCode::kInvalidArgument, ">= 0")));
  EXPECT_EQ(driver_->Stats("double").in, 4u);
  EXPECT_EQ(driver_->Stats("double").out, 2u);
  EXPECT_EQ(driver_->Stats("double").refused, 1u);
}

// What says that it emits at most one and does not keep to it is refused, and does no harm.
struct Liar {
  using Input = Sale;
  using Output = Sale;
  static constexpr bool kEmitsAtMostOne = true;
  template <typename Emit>
  absl::Status Process(const Sale& in, Context&, Emit&& emit) const {
    for (int64_t i = 0; i < in.units; ++i) emit(in);
    return absl::OkStatus();
  }
};

TEST_F(ApplyTest, AnOperatorThatEmitsMoreThanItSaysIsRefusedItsRecord) {
  Use([this] { return From(in_) | Apply("liar", Liar{}) | To(out_); }, {.batch_rows = 4096});
  for (int i = 0; i < 4096; ++i) Push("a", "", i % 2 == 0 ? 2 : 1);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(out_.all().size(), 2048u);
  EXPECT_EQ(driver_->dead_letters().size(), 2048u);
  EXPECT_THAT(driver_->dead_letters()[0],
              DeadLetterIs("liar", absl::StatusCode::kInternal, "at most one"));
}

TEST_F(ApplyTest, AnOperatorMayEmitAnyNumber) {
  Use([this] { return From(in_) | Apply("count", CountUp{}) | To(texts_); });
  for (int64_t units : {2, 0, -1, 1}) Push("a", "", units);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("0/0", "0/1", "3/0"));
  EXPECT_EQ(driver_->Stats("count").out, 3u);
  EXPECT_EQ(driver_->Stats("count").refused, 1u);
}

// Results that fill a batch are passed on while the record is still at hand.
TEST_F(ApplyTest, TheContextStaysThatOfTheRecordWhileResultsArePassedOn) {
  Use([this] {
    return From(in_) | Apply("count", CountUp{}) |
           Map("same",
               [](const std::string& s, Context& ctx) {
                 EXPECT_EQ(s.substr(0, s.find('/')), std::to_string(ctx.position()));
                 return s;
               }) |
           To(texts_);
  });
  Push("a", "", 1);
  Push("b", "", 10'000);
  Push("c", "", 1);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_EQ(texts_.all().size(), 10'002u);
  EXPECT_EQ(texts_.all()[10'000], "1/9999");
  EXPECT_EQ(texts_.all()[10'001], "2/0");
}

TEST_F(ApplyTest, KeyedStateSurvivesACrashExactly) {
  Use([this] { return From(in_) | Apply("changes", OnlyChanges{}) | To(out_); });
  Push("a", "hat", 1);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  Push("b", "hat", 2);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  Push("c", "hat", 2);
  Push("d", "hat", 1);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a"), HasId("b"), HasId("d")));
}

TEST_F(ApplyTest, StateStoredByHandSurvivesACrashExactly) {
  Use([this] { return From(in_) | Apply("number", Number{}) | To(texts_); }, {.batch_rows = 1});
  Push("a");
  ASSERT_THAT(DrainAndCommit(), IsOk());
  Push("b");
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("a#0", "b#1"));
}

TEST_F(ApplyTest, OnWatermarkIsCalledWhenItMoves) {
  Use([this] { return Sales() | Apply("ticker", Ticker{}) | To(texts_); }, {.batch_rows = 1});
  for (int64_t second : {1, 1, 5}) Push("a", "", 1, At(second));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("1:1", "5:3"));
  EXPECT_EQ(driver_->Stats("ticker").out, 2u);
}

// Passes records on, and a record for the watermark.
struct Marker {
  using Input = Sale;
  using Output = std::string;
  static constexpr bool kEmitsAtMostOne = true;
  template <typename Emit>
  absl::Status Process(const Sale& in, Context&, Emit&& emit) const {
    emit(in.id);
    return absl::OkStatus();
  }
  template <typename Emit>
  absl::Status OnWatermark(Time watermark, Emit&& emit) const {
    emit("until " + std::to_string((watermark - At(0)).count() / 1'000'000));
    return absl::OkStatus();
  }
};

TEST_F(ApplyTest, OnWatermarkIsCalledOfAnOperatorThatEmitsAtMostOne) {
  Use([this] { return Sales() | Apply("marker", Marker{}) | To(texts_); }, {.batch_rows = 1});
  Push("a", "", 1, At(1));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("a", "until 1"));
}

// Two states of any names.
struct TwoStates {
  using Input = Sale;
  using Output = Sale;
  KeyedState<std::string, int64_t> first, second;
  TwoStates(std::string a, std::string b) : first(std::move(a)), second(std::move(b)) {}
  auto States() { return std::tie(first, second); }
  template <typename Emit>
  absl::Status Process(const Sale& in, Context&, Emit&& emit) {
    emit(in);
    return absl::OkStatus();
  }
};

TEST_F(ApplyTest, TwoStatesOfOneNameAreRefusedAtTheStart) {
  Use([this] { return From(in_) | Apply("two", TwoStates("units", "units")) | To(out_); });
  EXPECT_THAT(driver_->Drain(), StatusIs(absl::StatusCode::kInvalidArgument,
                                         AllOf(HasSubstr("'two'"), HasSubstr("'units'"))));
}

TEST_F(ApplyTest, TheNamesOfStatesAreOfLettersDigitsAndFewSigns) {
  for (const std::string& name : {std::string(), std::string("a/b"), std::string("a b"),
                                  std::string("\n"), std::string(65, 'a')}) {
    Use([&] { return From(in_) | Apply("two", TwoStates("units", name)) | To(out_); });
    EXPECT_THAT(driver_->Drain(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'two'")))
        << name;
  }
  Use([&] {
    return From(in_) | Apply("two", TwoStates("A.z_0-9", std::string(64, 'a'))) | To(out_);
  });
  EXPECT_THAT(driver_->Drain(), IsOk());
}

}  // namespace
}  // namespace rtstream
