// What StoreContract asks of reading.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "store_rules.h"

namespace rtstream::testing::internal {
namespace {

absl::Status MissingKeyIsNothing(StoreTrial& trial) {
  const absl::StatusOr<std::optional<Versioned>> found = trial.store().Get("a");
  RTSTREAM_RETURN_IF_ERROR(Doing("Get of a key that is not there", found.status()));
  return Want(!found->has_value(), "Get of a key that is not there gave a value");
}

absl::Status EmptyValueIsAValue(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "a", ""));
  return WantValue(trial.store(), "a", "", 0);
}

absl::Status KeysAndValuesMayHoldAnyBytes(StoreTrial& trial) {
  const std::string bytes("\0\xff\n\x80", 4);
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), bytes, bytes));
  RTSTREAM_RETURN_IF_ERROR(WantValue(trial.store(), bytes, bytes, 0));
  return WantContent({PairLine(bytes, bytes)}, trial.store(), "a key and a value of any bytes");
}

absl::Status LargeKeysAndValuesComeBack(StoreTrial& trial) {
  // A pipeline's value holds thousands of entries, a key a user's text.
  const std::string key(1000, 'k');
  std::string value(1 << 20, '\0');
  for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 31 >> 3);
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), key, value, 3));
  const absl::StatusOr<std::optional<Versioned>> found = trial.store().Get(key);
  RTSTREAM_RETURN_IF_ERROR(Doing("Get of a large value", found.status()));
  return Want(found->has_value() && (*found)->value == value, "a value of 1 MiB came back as another");
}

absl::Status ScanVisitsThePrefixOnlyInByteOrder(StoreTrial& trial) {
  for (const char* key : {"b\xff", "a", "b", "ba", "c", "b\x01"}) {
    RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), key, "1"));
  }
  return WantContent({"b=1", "b\\01=1", "ba=1", "b\\ff=1"}, trial.store(), "a scan of 'b'", "b");
}

absl::Status ScanOfAPrefixOfLargestBytesEndsWithThem(StoreTrial& trial) {
  for (const char* key : {"\xfe", "\xff", "\xff\xff", "\xff\xff\x01"}) {
    RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), key, "1"));
  }
  return WantContent({"\\ff\\ff=1", "\\ff\\ff\\01=1"}, trial.store(), "a scan of two bytes 0xff", "\xff\xff");
}

absl::Status ScanStopsAtTheVisitorsError(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "a", "1"));
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "b", "1"));
  int visits = 0;
  const absl::Status status = trial.store().Scan("", [&](std::string_view, std::string_view) {
    ++visits;
    return absl::OutOfRangeError("enough");
  });
  RTSTREAM_RETURN_IF_ERROR(WantCode(absl::StatusCode::kOutOfRange, status, "a scan whose visitor had enough"));
  return Want(visits == 1, "a scan went on after its visitor's error");
}

absl::Status VisitorMayUseTheStore(StoreTrial& trial) {
  StateStore& store = trial.store();
  RTSTREAM_RETURN_IF_ERROR(Put(store, "a", "1"));
  RTSTREAM_RETURN_IF_ERROR(
      store.Scan("a", [&](std::string_view, std::string_view) { return Put(store, "b", "1"); }));
  return WantValue(store, "b", "1", 0);
}

absl::Status MultiGetAnswersEachKeyInOrder(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "a", "1"));
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "c", "3", 5));
  const std::vector<std::string> keys{"c", "b", "a", "c"};
  const auto found = trial.store().MultiGet(keys);
  RTSTREAM_RETURN_IF_ERROR(Doing("MultiGet", found.status()));
  std::vector<std::string> got;
  for (const std::optional<Versioned>& value : *found) {
    got.push_back(value ? Concat(value->value, " in version ", value->version) : "nothing");
  }
  const std::vector<std::string> want{"3 in version 5", "nothing", "1 in version 0", "3 in version 5"};
  RTSTREAM_RETURN_IF_ERROR(WantLines(want, got, "MultiGet of c, b, a, c"));
  const auto none = trial.store().MultiGet({});
  return Want(none.ok() && none->empty(), "MultiGet of no keys must be OK and empty");
}

absl::Status SnapshotDoesNotSeeLaterBatches(StoreTrial& trial) {
  StateStore& store = trial.store();
  RTSTREAM_RETURN_IF_ERROR(Put(store, "a", "1", 4));
  RTSTREAM_RETURN_IF_ERROR(Put(store, "c", "1"));
  const auto snapshot = store.Snapshot();
  RTSTREAM_RETURN_IF_ERROR(Doing("Snapshot", snapshot.status()));
  StateBatch batch;
  batch.Put("a", "2", 5);
  batch.Put("b", "2");
  batch.DeleteRange("c", "d");
  RTSTREAM_RETURN_IF_ERROR(store.Apply(batch));
  RTSTREAM_RETURN_IF_ERROR(WantContent({"a=1", "c=1"}, **snapshot, "a snapshot after a later batch"));
  return WantValue(**snapshot, "a", "1", 4);
}

absl::Status ClosedStoreRefusesEverything(StoreTrial& trial) {
  StateStore& store = trial.store();
  RTSTREAM_RETURN_IF_ERROR(Doing("Close", store.Close()));
  RTSTREAM_RETURN_IF_ERROR(Doing("Close of a closed store", store.Close()));
  const auto code = absl::StatusCode::kFailedPrecondition;
  StateBatch batch;
  batch.Put("a", "1");
  RTSTREAM_RETURN_IF_ERROR(WantCode(code, store.Apply(batch), "Apply to a closed store"));
  RTSTREAM_RETURN_IF_ERROR(WantCode(code, store.Get("a").status(), "Get from a closed store"));
  const std::vector<std::string> keys{"a"};
  RTSTREAM_RETURN_IF_ERROR(WantCode(code, store.MultiGet(keys).status(), "MultiGet from a closed store"));
  RTSTREAM_RETURN_IF_ERROR(WantCode(code, store.Snapshot().status(), "Snapshot of a closed store"));
  return WantCode(code, ReadLines(store).status(), "Scan of a closed store");
}

}  // namespace

Contract StoreReadRules(const std::shared_ptr<const StoreSetup>& setup) {
  return {StoreRule(setup, "MissingKeyIsNothing", MissingKeyIsNothing),
          StoreRule(setup, "EmptyValueIsAValue", EmptyValueIsAValue),
          StoreRule(setup, "KeysAndValuesMayHoldAnyBytes", KeysAndValuesMayHoldAnyBytes),
          StoreRule(setup, "LargeKeysAndValuesComeBack", LargeKeysAndValuesComeBack),
          StoreRule(setup, "ScanVisitsThePrefixOnlyInByteOrder", ScanVisitsThePrefixOnlyInByteOrder),
          StoreRule(setup, "ScanOfAPrefixOfLargestBytesEndsWithThem", ScanOfAPrefixOfLargestBytesEndsWithThem),
          StoreRule(setup, "ScanStopsAtTheVisitorsError", ScanStopsAtTheVisitorsError),
          StoreRule(setup, "VisitorMayUseTheStore", VisitorMayUseTheStore),
          StoreRule(setup, "MultiGetAnswersEachKeyInOrder", MultiGetAnswersEachKeyInOrder),
          StoreRule(setup, "SnapshotDoesNotSeeLaterBatches", SnapshotDoesNotSeeLaterBatches),
          StoreRule(setup, "ClosedStoreRefusesEverything", ClosedStoreRefusesEverything)};
}

}  // namespace rtstream::testing::internal
