#include "rtstream/flow/description.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/rtstream.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

struct Trade {
  int64_t id = 0, account = 0, cents = 0;
  Time at;
};
// Sends a sink's rows nowhere, under a token.
class Wire final : public OutboxSink<Trade> {
 public:
  std::string_view name() const override { return "wire"; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Write(const Rows<Trade>&) override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override { return std::vector<std::string>{}; }
  absl::Status Send(const OutboxChunk&) override { return absl::OkStatus(); }
};
class Screen final : public PlainSink<Trade> {
 public:
  std::string_view name() const override { return "screen"; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Write(const Rows<Trade>&) override { return absl::OkStatus(); }
  absl::Status Flush() override { return absl::OkStatus(); }
};

struct Desk {
  MemorySource<Trade> trades;
  MemorySink<Trade> copies{"copies"}, big{"big"};
  Wire wire;
  Screen screen;
};

void AddCents(int64_t& sum, const Trade& t) { sum += t.cents; }
bool IsBig(const Trade& t) { return t.cents >= 1000; }
int64_t Floor(const Trade& t) { return t.account % 2; }

Pipeline MakePipeline(Desk& desk) {
  return From(desk.trades)
       | AssignEventTime(&Trade::at, {.max_out_of_orderness = 5s})
       | Dedup("dedup", &Trade::id, {.window = 24h}, Branch<Trade>() | To(desk.copies))
       | Tee("totals", Branch<Trade>()
                     | Aggregate("cents_1m", &Trade::account, AddCents,
                                 Tumbling{.size = 1min, .allowed_lateness = 1500ms},
                                 Branch<Trade>() | To(desk.screen))
                     | Discard())
       | Route("size", IsBig, Branch<Trade>() | To(desk.big),
               Branch<Trade>() | Route("floor", Floor, Branch<Trade>() | To(desk.wire),
                                       Branch<Trade>() | To(desk.screen)));
}

TEST(Describe, TextIsALineAnOperatorWithBranchesIndented) {
  Desk desk;

  EXPECT_EQ(MakePipeline(desk).Describe().Text(), R"(operator              kind             emits       bytes  notes
source                source           Trade          32
event_time            AssignEventTime  Trade          32  out of order by 5 s
dedup                 Dedup            Trade          32  state; window 24 h
  duplicates: copies  sink                                exactly once, staged
totals                Tee              Trade          32
  branch: cents_1m    Aggregate        Aggregated     32  state; tumbling 1 min, lateness 1500 ms; results discarded
    late: screen      sink                                at least once
size                  Route            Trade          32
  true: big           sink                                exactly once, staged
  false: floor        Route            Trade          32
    0: wire           sink                                exactly once, outbox
    1: screen         sink                                at least once
)");
}

TEST(Describe, MermaidDrawsEverySinkOnce) {
  Desk desk;

  EXPECT_EQ(MakePipeline(desk).Describe().Mermaid(), R"mermaid(flowchart TD
  n0(["source<br/>source"])
  n1["event_time<br/>AssignEventTime<br/>out of order by 5 s"]
  n2[("dedup<br/>Dedup<br/>state; window 24 h")]
  n3(["copies<br/>sink<br/>exactly once, staged"])
  n4["totals<br/>Tee"]
  n5[("cents_1m<br/>Aggregate<br/>state; tumbling 1 min, lateness 1500 ms; results discarded")]
  n6(["screen<br/>sink<br/>at least once"])
  n7["size<br/>Route"]
  n8(["big<br/>sink<br/>exactly once, staged"])
  n9["floor<br/>Route"]
  n10(["wire<br/>sink<br/>exactly once, outbox"])
  n0 -->|"Trade, 32 B"| n1
  n1 -->|"Trade, 32 B"| n2
  n2 -->|"duplicates: Trade, 32 B"| n3
  n2 -->|"Trade, 32 B"| n4
  n4 -->|"branch: Trade, 32 B"| n5
  n5 -->|"late: Aggregated, 32 B"| n6
  n4 -->|"Trade, 32 B"| n7
  n7 -->|"true: Trade, 32 B"| n8
  n7 -->|"false: Trade, 32 B"| n9
  n9 -->|"0: Trade, 32 B"| n10
  n9 -->|"1: Trade, 32 B"| n6
)mermaid");
}

TEST(Describe, GraphvizHasTheSameBoxesAndEdges) {
  MemorySource<Trade> trades;
  MemorySink<Trade> sink("kept");

  const Pipeline pipeline = From(trades) | Filter("big", IsBig) | To(sink);

  EXPECT_EQ(pipeline.Describe().Graphviz(), R"(digraph pipeline {
  node [shape=box];
  n0 [label="source\nsource", shape=oval];
  n1 [label="big\nFilter"];
  n2 [label="kept\nsink\nexactly once, staged", shape=oval];
  n0 -> n1 [label="Trade, 32 B"];
  n1 -> n2 [label="Trade, 32 B"];
}
)");
}

TEST(Describe, QuotationMarksInANameDoNotEndTheLabel) {
  MemorySource<Trade> trades;

  const PipelineDescription d =
      Pipeline(From(trades) | Filter("a\"b\\", IsBig) | Discard()).Describe();

  EXPECT_THAT(d.Mermaid(), HasSubstr("[\"a#quot;b<br/>Filter"));
  EXPECT_THAT(d.Graphviz(), HasSubstr("[label=\"a\\\"b\\nFilter"));
}

TEST(Describe, TypesAreNamedWithoutNamespacesAndArguments) {
  MemorySource<Bytes> lines;
  const Pipeline pipeline =
      From(lines)
      | Map("text", [](const Bytes& line) { return std::string(line); })
      | FlatMap("letters", [](const std::string& s) { return std::vector<char>(s.begin(), s.end()); })
      | Boundary()
      | Aggregate("count", [](const char& c) { return int64_t{c}; }, [](int64_t& n, const char&) { ++n; })
      | Discard();

  std::vector<std::string> types;
  for (const OperatorDescription& op : pipeline.Describe().operators) types.push_back(op.emits);

  EXPECT_THAT(types, ElementsAre("string_view", "string", "char", "Aggregated"));
}

TEST(StatsTable, IsALineAnOperatorWithItsCounters) {
  Desk desk;
  testing::PipelineDriver driver([&] { return MakePipeline(desk); });
  desk.trades.Push({1, 7, 500, Time(1h)});
  desk.trades.Push({1, 7, 500, Time(1h)});
  desk.trades.Push({2, 8, 2000, Time(1h)});
  ASSERT_TRUE(driver.Drain().ok());
  ASSERT_TRUE(driver.Commit().ok());

  std::vector<OperatorStats> stats = driver.runner().Stats();
  for (OperatorStats& s : stats) {
    s.busy_us = 1500;
    s.state_bytes = 100 * s.keys;
  }

  EXPECT_EQ(StatsTable(stats), R"(operator      in  out  refused  side  bytes  keys  state bytes  busy ms
source         0    3        0     0      0     0            0        1
event_time     3    3        0     0      0     0            0        1
dedup          3    2        0     1      0     2          200        1
copies         1    1        0     0     32     0            0        1
totals         2    2        0     0      0     0            0        1
cents_1m       2    0        0     0      0     2          200        1
screen         1    1        0     0      0     0            0        1
size           2    2        0     0      0     0            0        1
big            1    1        0     0     32     0            0        1
floor          1    1        0     0      0     0            0        1
wire           0    0        0     0      0     0            0        1
dead_letters   0    0        0     0      0     0            0        1
)");
}

TEST(StatsTable, ShowsRecordsFarAheadWhereThereAreAny) {
  OperatorStats stats;
  stats.name = "event_time";
  stats.ahead = 12;
  EXPECT_EQ(StatsTable({stats}), R"(operator    in  out  refused  side  bytes  keys  state bytes  busy ms  ahead
event_time   0    0        0     0      0     0            0        0     12
)");
}

}  // namespace
}  // namespace rtstream
