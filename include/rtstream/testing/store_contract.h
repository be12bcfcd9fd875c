#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "rtstream/state/state_store.h"

namespace rtstream::testing {

// What every StateStore must do, as tests. Include it in one file of a test program and name what makes
// an empty store:
//
//   INSTANTIATE_TEST_SUITE_P(MyStore, StateStoreContract, ::testing::Values([] { return MakeMyStore(); }));
class StateStoreContract
    : public ::testing::TestWithParam<std::function<std::unique_ptr<StateStore>()>> {
 protected:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  static Pairs ScanAll(const StateReader& reader, std::string_view prefix = "") {
    Pairs found;
    const absl::Status s =
        reader.Scan(prefix, [&](std::string_view key, std::string_view value) {
          found.emplace_back(key, value);
          return absl::OkStatus();
        });
    EXPECT_TRUE(s.ok()) << s;
    return found;
  }
  void Put(std::string key, std::string value, uint64_t version = 0) {
    StateBatch batch;
    batch.Put(std::move(key), std::move(value), version);
    ASSERT_TRUE(store->Apply(batch).ok());
  }
  std::optional<std::string> Value(std::string_view key) const {
    const auto found = store->Get(key);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || !found->has_value()) return std::nullopt;
    return (*found)->value;
  }

  std::unique_ptr<StateStore> store = GetParam()();
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StateStoreContract);

TEST_P(StateStoreContract, MissingKeyIsNothingAndNoError) { EXPECT_EQ(Value("a"), std::nullopt); }

TEST_P(StateStoreContract, PutReplacesValueAndVersion) {
  Put("a", "1", 7);
  Put("a", "2", 9);
  const auto found = store->Get("a");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->value, "2");
  EXPECT_EQ((*found)->version, 9u);
}

TEST_P(StateStoreContract, EmptyValueIsAValue) {
  Put("a", "");
  EXPECT_EQ(Value("a"), "");
}

TEST_P(StateStoreContract, KeysAndValuesMayHoldAnyBytes) {
  const std::string bytes("\0\xff\n\x80", 4);
  Put(bytes, bytes);
  EXPECT_EQ(ScanAll(*store), (Pairs{{bytes, bytes}}));
}

TEST_P(StateStoreContract, LaterWritesOfABatchWin) {
  StateBatch batch;
  batch.Put("put last", "1");
  batch.Delete("put last");
  batch.Put("put last", "2");
  batch.Put("deleted last", "1");
  batch.Delete("deleted last");
  ASSERT_TRUE(store->Apply(batch).ok());
  EXPECT_EQ(ScanAll(*store), (Pairs{{"put last", "2"}}));
}

TEST_P(StateStoreContract, DeletingWhatIsNotThereIsNoError) {
  StateBatch batch;
  batch.Delete("a");
  batch.DeleteRange("b", "c");
  EXPECT_TRUE(store->Apply(batch).ok());
}

TEST_P(StateStoreContract, EmptyBatchIsNoError) { EXPECT_TRUE(store->Apply(StateBatch()).ok()); }

TEST_P(StateStoreContract, DeleteRangeTakesItsBeginningAndLeavesItsEnd) {
  for (const char* key : {"a", "b", "ba", "c", "d"}) Put(key, "1");
  StateBatch batch;
  batch.DeleteRange("b", "c");
  ASSERT_TRUE(store->Apply(batch).ok());
  EXPECT_EQ(ScanAll(*store), (Pairs{{"a", "1"}, {"c", "1"}, {"d", "1"}}));
}

TEST_P(StateStoreContract, DeleteRangeTakesWhatTheBatchPutBeforeAndLeavesWhatItPutsAfter) {
  StateBatch batch;
  batch.Put("b1", "before");
  batch.Put("b2", "before");
  batch.DeleteRange("b", "c");
  batch.Put("b2", "after");
  ASSERT_TRUE(store->Apply(batch).ok());
  EXPECT_EQ(ScanAll(*store), (Pairs{{"b2", "after"}}));
}

TEST_P(StateStoreContract, EmptyOrReversedRangeDeletesNothing) {
  Put("b", "1");
  StateBatch batch;
  batch.DeleteRange("b", "b");
  batch.DeleteRange("c", "a");
  ASSERT_TRUE(store->Apply(batch).ok());
  EXPECT_EQ(Value("b"), "1");
}

TEST_P(StateStoreContract, ExpectedVersionThatFitsIsTaken) {
  StateBatch batch;
  batch.PutIf("a", "1", 0);
  ASSERT_TRUE(store->Apply(batch).ok());
  batch.Clear();
  batch.PutIf("a", "2", 1);
  ASSERT_TRUE(store->Apply(batch).ok());
  EXPECT_EQ((*store->Get("a"))->version, 2u);
}

TEST_P(StateStoreContract, OneExpectedVersionThatDoesNotFitStopsTheWholeBatch) {
  Put("a", "1", 3);
  StateBatch batch;
  batch.Put("b", "1");
  batch.PutIf("a", "2", 2);
  EXPECT_EQ(store->Apply(batch).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ScanAll(*store), (Pairs{{"a", "1"}}));
}

TEST_P(StateStoreContract, KeyThatMustNotExistStopsTheBatchIfItDoes) {
  Put("a", "1", 1);
  StateBatch batch;
  batch.PutIf("a", "2", 0);
  EXPECT_EQ(store->Apply(batch).code(), absl::StatusCode::kAborted);
}

TEST_P(StateStoreContract, ScanVisitsThePrefixOnlyInByteOrder) {
  for (const char* key : {"b\xff", "a", "b", "ba", "c", "b\x01"}) Put(key, key);
  EXPECT_EQ(ScanAll(*store, "b"), (Pairs{{"b", "b"}, {"b\x01", "b\x01"}, {"ba", "ba"}, {"b\xff", "b\xff"}}));
}

TEST_P(StateStoreContract, ScanStopsAtTheVisitorsErrorAndReturnsIt) {
  Put("a", "1");
  Put("b", "1");
  int visits = 0;
  const absl::Status s = store->Scan("", [&](std::string_view, std::string_view) {
    ++visits;
    return absl::OutOfRangeError("enough");
  });
  EXPECT_EQ(s.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(visits, 1);
}

TEST_P(StateStoreContract, VisitorMayUseTheStore) {
  Put("a", "1");
  const absl::Status s = store->Scan("", [&](std::string_view, std::string_view) {
    StateBatch batch;
    batch.Put("b", "1");
    return store->Apply(batch);
  });
  EXPECT_TRUE(s.ok()) << s;
  EXPECT_EQ(Value("b"), "1");
}

TEST_P(StateStoreContract, MultiGetAnswersEachKeyInOrder) {
  Put("a", "1");
  Put("c", "3", 5);
  const std::vector<std::string> keys{"c", "b", "a", "c"};
  const auto found = store->MultiGet(keys);
  ASSERT_TRUE(found.ok() && found->size() == 4);
  EXPECT_EQ((*found)[0]->value, "3");
  EXPECT_EQ((*found)[0]->version, 5u);
  EXPECT_EQ((*found)[1], std::nullopt);
  EXPECT_EQ((*found)[2]->value, "1");
  EXPECT_EQ((*found)[3]->value, "3");
}

TEST_P(StateStoreContract, SnapshotDoesNotSeeLaterBatches) {
  Put("a", "1");
  const auto snapshot = store->Snapshot();
  ASSERT_TRUE(snapshot.ok());
  StateBatch batch;
  batch.Put("a", "2");
  batch.Put("b", "2");
  ASSERT_TRUE(store->Apply(batch).ok());
  EXPECT_EQ(ScanAll(**snapshot), (Pairs{{"a", "1"}}));
  EXPECT_EQ((*(*snapshot)->Get("a"))->value, "1");
}

TEST_P(StateStoreContract, ClosedStoreRefusesEverything) {
  ASSERT_TRUE(store->Close().ok());
  EXPECT_TRUE(store->Close().ok());
  StateBatch batch;
  batch.Put("a", "1");
  const auto code = absl::StatusCode::kFailedPrecondition;
  EXPECT_EQ(store->Apply(batch).code(), code);
  EXPECT_EQ(store->Get("a").status().code(), code);
  EXPECT_EQ(store->Snapshot().status().code(), code);
  EXPECT_EQ(store->Scan("", [](std::string_view, std::string_view) { return absl::OkStatus(); }).code(),
            code);
}

}  // namespace rtstream::testing
