#include "rtstream/connectors/blob_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "rtstream/state/claim_table.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

class BlobDirectoryTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& bytes) {
    auto blob = blobs_->Create(name);
    ASSERT_THAT(blob.status(), IsOk());
    ASSERT_THAT((*blob)->Append(bytes), IsOk());
    ASSERT_THAT((*blob)->Finish(), IsOk());
  }

  ScratchDir dir_;
  std::unique_ptr<BlobDirectory> blobs_ = *BlobDirectory::Make(dir_.Path("runs"));
};

TEST_F(BlobDirectoryTest, WhatWasWrittenIsReadAlsoInPieces) {
  const std::string bytes(10'000'000, 'x');  // more than is asked to be written at a time
  Write("a", bytes + "end");
  auto blob = blobs_->Open("a");
  ASSERT_THAT(blob.status(), IsOk());
  char out[4] = {};
  ASSERT_THAT((*blob)->Read(bytes.size() - 1, 4, out), IsOk());
  EXPECT_EQ(std::string(out, 4), "xend");
  EXPECT_THAT((*blob)->Read(bytes.size(), 4, out), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_FALSE((*blob)->TryRead(bytes.size(), 4, out));
}

TEST_F(BlobDirectoryTest, ARemovedBlobIsReadByWhoHasItOpen) {
  Write("a", "text");
  auto blob = blobs_->Open("a");
  ASSERT_THAT(blob.status(), IsOk());
  ASSERT_THAT(blobs_->Remove("a"), IsOk());
  ASSERT_THAT(blobs_->Remove("a"), IsOk());
  EXPECT_THAT(*blobs_->List(), IsEmpty());
  EXPECT_THAT(blobs_->Open("a").status(), StatusIs(absl::StatusCode::kNotFound));
  char out[4] = {};
  ASSERT_THAT((*blob)->Read(0, 4, out), IsOk());
  EXPECT_EQ(std::string(out, 4), "text");
}

TEST_F(BlobDirectoryTest, ABlobThatWasNotFinishedIsListed) {
  { ASSERT_THAT(blobs_->Create("begun").status(), IsOk()); }
  EXPECT_THAT(*blobs_->List(), ElementsAre("begun"));
}

TEST_F(BlobDirectoryTest, AMissingParentIsAnError) {
  EXPECT_THAT(BlobDirectory::Make(dir_.Path("no/runs")).status(),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(BlobDirectoryTest, IdsBeyondTheBudgetAreKnownAfterARestart) {
  MemoryStateStore store;
  IdBatch ids;
  const auto restart = [&](std::unique_ptr<ClaimTable>& table) {
    table = std::make_unique<ClaimTable>();
    ClaimOptions options{.window = std::chrono::hours(1)};
    options.memory_budget = 1;
    options.blobs = blobs_.get();
    ASSERT_THAT(table->Open(options), IsOk());
    ASSERT_THAT(table->Restore(CheckpointReader("s/dedup/", store)), IsOk());
  };
  const auto claim = [&](ClaimTable& table, ClaimTable::Outcome wanted) {
    ids.Clear();
    for (uint64_t n = 0; n < 4'000; ++n) ids.AddNumber({n, n});
    ASSERT_THAT(table.Prepare(ids), IsOk());
    for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(table.Claim(ids, i, 0, {}, {}), wanted);
    table.Settle([](size_t) { return false; });
  };
  const auto commit = [&](ClaimTable& table, uint64_t epoch) {
    StateBatch batch;
    CheckpointWriter out(epoch, "s/dedup/", batch);
    ASSERT_THAT(table.Checkpoint(out), IsOk());
    ASSERT_THAT(store.Apply(batch), IsOk());
  };
  std::unique_ptr<ClaimTable> table;
  restart(table);
  claim(*table, ClaimTable::Outcome::kNew);
  commit(*table, 1);
  ASSERT_TRUE(const_cast<ClaimRuns*>(table->runs())->Wait(std::chrono::seconds(60)));
  commit(*table, 2);
  EXPECT_EQ(table->runs()->ids(), 4'000u);
  restart(table);
  EXPECT_EQ(table->runs()->ids(), 4'000u);
  claim(*table, ClaimTable::Outcome::kDuplicate);
}

}  // namespace
}  // namespace rtstream
