#include "rtstream/op/parse_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/op/map.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "tests/op/parsed_order.h"
#include "tests/op/text_source.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::DeadLetterIs;
using testing::IsOk;
using testing::PipelineDriver;
using testing::StatusIs;

class ParseCsvTest : public ::testing::Test {
 protected:
  absl::Status Run(std::vector<std::string> lines, CsvOptions options = {}, size_t longest = SIZE_MAX) {
    in_ = std::make_unique<TextSource>(std::move(lines));
    in_->set_longest(longest);
    driver_ = std::make_unique<PipelineDriver>([this, options] {
      return From(*in_) | ParseCsv<ParsedOrder>("parse", options) | Map("own", OwnOrder) | To(out_);
    });
    return driver_->Drain();
  }
  std::unique_ptr<TextSource> in_;
  MemorySink<OwnedOrder> out_{"out"};
  std::unique_ptr<PipelineDriver> driver_;
};

TEST_F(ParseCsvTest, EmitsARecordForEachLine) {
  ASSERT_THAT(Run({"TSHIRT-001,2", "\"MUG \"\"blue\"\"\",1"}), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"TSHIRT-001", 2}, OwnedOrder{"MUG \"blue\"", 1}));
  EXPECT_THAT(driver_->dead_letters(), IsEmpty());
}

TEST_F(ParseCsvTest, SendsABadRecordToTheDeadLettersAndGoesOn) {
  ASSERT_THAT(Run({"a,1", "b", "c,x", "d,4"}), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"a", 1}, OwnedOrder{"d", 4}));
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("parse", absl::StatusCode::kInvalidArgument, "want 2 fields, got 1"),
                          DeadLetterIs("parse", absl::StatusCode::kInvalidArgument, "units: want a 32-bit integer")));
}

TEST_F(ParseCsvTest, ReadsTheColumnsInTheOrderThatItIsTold) {
  ASSERT_THAT(Run({"2;x;a"}, {.columns = {"units", "comment", "sku"}, .separator = ';'}), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"a", 2}));
}

TEST_F(ParseCsvTest, RefusesARecordThatTheSourceCut) {
  ASSERT_THAT(Run({"0123456789,1", "a,2"}, {}, 4), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"a", 2}));
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("parse", absl::StatusCode::kResourceExhausted, "record of 12 bytes")));
}

TEST_F(ParseCsvTest, AWrongColumnEndsTheRunBeforeAnythingIsRead) {
  EXPECT_THAT(Run({"a,1"}, {.columns = {"sku"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("parse: want a column 'units'")));
  EXPECT_THAT(out_.all(), IsEmpty());
}

}  // namespace
}  // namespace rtstream
