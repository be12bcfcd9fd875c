#include "rtstream/op/parse_json.h"

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
using ::testing::IsEmpty;
using testing::DeadLetterIs;
using testing::IsOk;
using testing::PipelineDriver;

class ParseJsonTest : public ::testing::Test {
 protected:
  absl::Status Run(std::vector<std::string> lines, JsonLimits limits = {}, size_t longest = SIZE_MAX) {
    in_ = std::make_unique<TextSource>(std::move(lines));
    in_->set_longest(longest);
    driver_ = std::make_unique<PipelineDriver>([this, limits] {
      return From(*in_) | ParseJson<ParsedOrder>("parse", limits) | Map("own", OwnOrder) | To(out_);
    });
    return driver_->Drain();
  }
  std::unique_ptr<TextSource> in_;
  MemorySink<OwnedOrder> out_{"out"};
  std::unique_ptr<PipelineDriver> driver_;
};

TEST_F(ParseJsonTest, EmitsARecordForEachLine) {
  ASSERT_THAT(Run({R"({"sku":"TSHIRT-001","units":2})", R"({"units":1,"sku":"MUG \"blue\""})"}), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"TSHIRT-001", 2}, OwnedOrder{"MUG \"blue\"", 1}));
  EXPECT_THAT(driver_->dead_letters(), IsEmpty());
}

TEST_F(ParseJsonTest, SendsABadRecordToTheDeadLettersAndGoesOn) {
  ASSERT_THAT(Run({R"({"sku":"a","units":1})", R"({"sku":"b"})", R"({"sku":"c","units":"3"})", "{",
                   R"({"sku":"d","units":4} x)", R"({"sku":"e","units":5})"}),
              IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"a", 1}, OwnedOrder{"e", 5}));
  constexpr auto kCode = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("parse", kCode, "units: want the field, it is missing"),
                          DeadLetterIs("parse", kCode, "units: want a number, got a string at byte 19"),
                          DeadLetterIs("parse", kCode, "want a member's name, got the end at byte 1"),
                          DeadLetterIs("parse", kCode, "want nothing behind the object")));
}

TEST_F(ParseJsonTest, KeepsWhatItReadBeforeABadFieldOutOfTheNextRecord) {
  ASSERT_THAT(Run({R"({"units":7,"sku":1})", R"({"sku":"a","units":1})"}), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"a", 1}));
}

TEST_F(ParseJsonTest, HoldsRecordsToItsLimits) {
  JsonLimits limits;
  limits.string = 3;
  ASSERT_THAT(Run({R"({"sku":"abcd","units":1})", R"({"sku":"abc","units":1})"}, limits), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"abc", 1}));
}

TEST_F(ParseJsonTest, RefusesARecordThatTheSourceCut) {
  ASSERT_THAT(Run({R"({"sku":"a","units":1})", R"({"sku":"a longer name","units":1})"}, {}, 24), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(OwnedOrder{"a", 1}));
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("parse", absl::StatusCode::kResourceExhausted, "record of 33 bytes")));
}

}  // namespace
}  // namespace rtstream
