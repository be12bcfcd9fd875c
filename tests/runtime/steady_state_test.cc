// A pipeline that is warm takes no memory for a record.
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/rtstream.h"
#include "rtstream/testing/allocations.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {

struct Payment {
  Uuid id;
  std::string_view shop, item;
  int64_t units = 0;
  Time at{};
  uint32_t shop_number = 0, item_number = 0;
  std::string_view region;
};
template <>
struct Mapping<Payment> {
  static constexpr auto kFields =
      std::tuple{Field("id", &Payment::id), Field("shop", &Payment::shop), Field("item", &Payment::item),
                 Field("units", &Payment::units), Field("at", &Payment::at)};
};

namespace {

using testing::IsOk;

constexpr size_t kBatches = 40;
constexpr size_t kRows = 512;  // of a batch

// Takes rows and forgets them.
template <typename T>
class ForgettingSink final : public PlainSink<T> {
 public:
  explicit ForgettingSink(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Write(const Rows<T>& rows) override {
    rows_ += rows.size();
    return absl::OkStatus();
  }
  absl::Status Flush() override { return absl::OkStatus(); }
  uint64_t rows() const { return rows_; }

 private:
  std::string name_;
  uint64_t rows_ = 0;
};

class SteadyStateTest : public ::testing::Test {
 protected:
  SteadyStateTest() {
    regions_.Put("shop1", "north");
    for (size_t i = 0; i < 2 * kBatches * kRows; ++i) lines_.push_back(Line(i));
  }

  // An id of its own for each record; every tenth wants what is not in stock.
  static std::string Line(size_t i) {
    char id[37];
    std::snprintf(id, sizeof id, "%08zx-0000-4000-8000-000000000000", i);
    return Concat(R"({"id":")", id, R"(","shop":"shop)", i % 5, R"(","item":"item)", i % 50, R"(","units":)",
                  i % 10 == 0 ? 1'000'000'000 : 1, R"(,"at":"2026-01-01T00:00:)", 10 + i % 50, R"(Z"})");
  }

  // Everything but Dedup, whose ids are state that grows with every record.
  auto Parsed() {
    return From(in_) | ParseJson<Payment>("parse") |
           Validate("validate",
                    [](const Payment& p) {
                      return p.units > 0 ? absl::OkStatus() : absl::InvalidArgumentError("want units");
                    }) |
           AssignEventTime(&Payment::at, {.max_out_of_orderness = std::chrono::minutes(1)});
  }
  template <typename Flow>
  Pipeline Finish(Flow flow) {
    using Outcomes = InventoryOutcome<Payment>;
    auto units = Branch<Payment>() |
                 Aggregate("units", [](const Payment& p) { return std::tuple(p.shop_number, p.item_number); },
                           [](int64_t& sum, const Payment& p) { sum += p.units; }) |
                 Discard();
    return std::move(flow) | Intern("shops", &Payment::shop, &Payment::shop_number) |
           Intern("items", &Payment::item, &Payment::item_number) |
           Enrich("region", regions_, Interned(&Payment::shop, &Payment::shop_number),
                  [](Payment& p, const std::string* region) {
                    p.region = region == nullptr ? "" : std::string_view(*region);
                  }) |
           Tee("to_units", std::move(units)) |
           UpdateInventory("stock", [](const Payment& p) { return p.item; },
                           [](const Payment& p) { return Movement{MovementKind::kSell, p.units}; },
                           [](const Payment&) { return int64_t{1'000'000}; }) |
           Route("by_outcome", [](const Outcomes& o) { return o.is_applied(); },
                 Branch<Outcomes>() | To(sold_), Branch<Outcomes>() | To(refused_));
  }

  // Operator new's calls while the second half of the records passes.
  uint64_t AllocationsOnceWarm(testing::PipelineDriver& driver) {
    for (size_t i = 0; i < lines_.size() / 2; ++i) in_.Push(lines_[i]);
    EXPECT_THAT(driver.Drain(), IsOk());
    for (size_t i = lines_.size() / 2; i < lines_.size(); ++i) in_.Push(lines_[i]);
    const uint64_t before = testing::AllocationsOfThread();
    EXPECT_THAT(driver.Drain(), IsOk());
    const uint64_t after = testing::AllocationsOfThread();
    EXPECT_EQ(driver.dead_letters().size(), 0u);
    EXPECT_EQ(sold_.rows() + refused_.rows(), lines_.size());
    EXPECT_GT(refused_.rows(), 0u);
    return after - before;
  }

  std::vector<std::string> lines_;
  MemorySource<Bytes> in_;
  MemoryTable<std::string> regions_;
  ForgettingSink<InventoryOutcome<Payment>> sold_{"sold"}, refused_{"refused"};
};

TEST_F(SteadyStateTest, ARecordOfKnownKeysAllocatesNothing) {
  testing::PipelineDriver driver([this] { return Finish(Parsed()); }, {.batch_rows = kRows});
  EXPECT_EQ(AllocationsOnceWarm(driver), 0u);
}

TEST_F(SteadyStateTest, NewIdsAreAllocatedByTheThousand) {
  testing::PipelineDriver driver(
      [this] {
        return Finish(Parsed() | Dedup("dedup", &Payment::id, {.window = std::chrono::hours(1)}));
      },
      {.batch_rows = kRows});
  EXPECT_LT(AllocationsOnceWarm(driver), kBatches * kRows / 1'000);
}

// Windows open and close; their tables go from one to the next.
TEST(SteadyState, WindowsOfKnownKeysAllocateNothing) {
  struct Reading {
    uint64_t sensor = 0;
    Time at{};
  };
  using Count = Aggregated<uint64_t, uint64_t>;
  constexpr size_t kReadings = 2 * kBatches * kRows;
  MemorySource<Reading> in;
  ForgettingSink<Count> out("out");
  testing::PipelineDriver driver(
      [&] {
        return From(in) | AssignEventTime(&Reading::at, {.max_ahead = Duration{0}}) |
               Aggregate("counts", &Reading::sensor, [](uint64_t& n, const Reading&) { ++n; },
                         Tumbling{.size = std::chrono::seconds(1)}) |
               To(out);
      },
      {.batch_rows = kRows});
  const auto push = [&](size_t begin) {
    for (size_t i = begin; i < begin + kReadings; ++i) in.Push({i % 700, Time(std::chrono::microseconds(i * 300))});
  };
  push(0);
  EXPECT_THAT(driver.Drain(), IsOk());
  push(kReadings);
  const uint64_t before = testing::AllocationsOfThread(), rows = out.rows();
  EXPECT_THAT(driver.Drain(), IsOk());
  EXPECT_EQ(testing::AllocationsOfThread(), before);
  EXPECT_GT(out.rows(), rows + 700 * 5);
}

TEST(Allocations, AreCountedForTheThreadAndTheProcess) {
  const uint64_t thread = testing::AllocationsOfThread(), process = testing::AllocationsOfProcess();
  std::vector<int> some(100);
  EXPECT_EQ(some.size(), 100u);
  EXPECT_EQ(testing::AllocationsOfThread(), thread + 1);
  EXPECT_GT(testing::AllocationsOfProcess(), process);
}

}  // namespace
}  // namespace rtstream
