#include "rtstream/runtime/commit_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/state/checkpoint.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

CommitRecord Example() {
  CommitRecord record;
  record.epoch = 7;
  record.lineage = 0xfedcba9876543210;
  record.time = Time(Duration(1'000'000));
  record.watermark = Time(Duration(-5));
  record.partitions["a.csv"] = {std::string("\0opaque", 7),
                                {Time(Duration(3)), Time(Duration(4)), true}};
  record.partitions["b.csv"] = {"", {}};
  record.sinks["facts"] = "123";
  record.operators["dedup"] = {"dedup", 1, 2, 3, 4, 5, 6, 0};
  record.stateful = {{"dedup", "Dedup"}, {"inventory", "UpdateState"}};
  record.settings = {{"max-price", "100"}, {"window", ""}};
  record.keyed_by = "by_store";
  record.lanes = 7;
  return record;
}

TEST(CommitRecord, ComesBackAsItWas) {
  const CommitRecord in = Example();
  absl::StatusOr<CommitRecord> out = DecodeCommitRecord(EncodeCommitRecord(in));
  ASSERT_THAT(out, IsOk());
  EXPECT_EQ(out->epoch, in.epoch);
  EXPECT_EQ(out->lineage, in.lineage);
  EXPECT_EQ(out->time, in.time);
  EXPECT_EQ(out->watermark, in.watermark);
  EXPECT_EQ(out->sinks, in.sinks);
  EXPECT_EQ(out->stateful, in.stateful);
  EXPECT_EQ(out->settings, in.settings);
  EXPECT_EQ(out->keyed_by, in.keyed_by);
  EXPECT_EQ(out->lanes, in.lanes);
}

TEST(CommitRecord, KeepsPartitions) {
  absl::StatusOr<CommitRecord> out = DecodeCommitRecord(EncodeCommitRecord(Example()));
  ASSERT_THAT(out, IsOk());
  ASSERT_EQ(out->partitions.size(), 2u);
  const PartitionRecord& a = out->partitions["a.csv"];
  EXPECT_EQ(a.resume, std::string("\0opaque", 7));
  EXPECT_EQ(a.event_time.largest, Time(Duration(3)));
  EXPECT_EQ(a.event_time.last_record, Time(Duration(4)));
  EXPECT_TRUE(a.event_time.is_finished);
  EXPECT_EQ(out->partitions["b.csv"].event_time.largest, kMinTime);
}

TEST(CommitRecord, KeepsCounters) {
  absl::StatusOr<CommitRecord> out = DecodeCommitRecord(EncodeCommitRecord(Example()));
  ASSERT_THAT(out, IsOk());
  const OperatorStats& stats = out->operators["dedup"];
  EXPECT_EQ(stats.name, "dedup");
  EXPECT_EQ(stats.in, 1u);
  EXPECT_EQ(stats.out, 2u);
  EXPECT_EQ(stats.refused, 3u);
  EXPECT_EQ(stats.side, 4u);
  EXPECT_EQ(stats.bytes, 5u);
  EXPECT_EQ(stats.keys, 6u);
}

TEST(CommitRecord, EveryDamagedByteIsNoticed) {
  const std::string good = EncodeCommitRecord(Example());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    ASSERT_THAT(DecodeCommitRecord(bad), StatusIs(absl::StatusCode::kDataLoss)) << "byte " << i;
  }
}

TEST(CommitRecord, EveryCutIsNoticed) {
  const std::string good = EncodeCommitRecord(Example());
  for (size_t n = 0; n < good.size(); ++n) {
    ASSERT_THAT(DecodeCommitRecord(good.substr(0, n)), StatusIs(absl::StatusCode::kDataLoss)) << n;
  }
}

// The checksum fits and the body does not: a writer's mistake must not be read as something else.
TEST(CommitRecord, ACutBodyUnderAGoodChecksumIsNoticed) {
  const std::string good = EncodeCommitRecord(Example());
  const absl::StatusOr<std::string_view> body = OpenBlock(good, "the record");
  ASSERT_THAT(body, IsOk());
  for (size_t n = sizeof(uint32_t); n < body->size(); ++n) {
    std::string cut(body->substr(0, n));
    SealBlock(cut);
    ASSERT_THAT(DecodeCommitRecord(cut), StatusIs(absl::StatusCode::kDataLoss)) << n;
  }
}

TEST(CommitRecord, ANewerFormatIsRefusedNamingBoth) {
  std::string bytes = EncodeCommitRecord(Example());
  std::string body(bytes.substr(0, bytes.size() - sizeof(uint64_t)));
  body[0] = 4;
  SealBlock(body);
  EXPECT_THAT(DecodeCommitRecord(body),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       ::testing::AllOf(HasSubstr("format 4"), HasSubstr("want 3"))));
}

TEST(CommitRecord, AStoreThatNobodyUsedHasNone) {
  MemoryStateStore store;
  const absl::StatusOr<std::optional<CommitRecord>> record = ReadCommit(store);
  ASSERT_THAT(record, IsOk());
  EXPECT_FALSE(record->has_value());
}

}  // namespace
}  // namespace rtstream
