#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/state/state_store.h"
#include "rtstream/testing/contract.h"
#include "rtstream/testing/store_contract.h"
#include "rtstream/testing/test_directory.h"

#pragma GCC visibility push(hidden)

// What the rules of StoreContract have in common.

namespace rtstream::testing::internal {

// A directory, and a store in it.
class StoreTrial {
 public:
  explicit StoreTrial(const StoreSetup& setup) : setup_(&setup) {}

  // Opens the place, anew if it was open.
  absl::Status Open(std::string_view place = "state");
  // Drops the store as it is.
  void Drop() { store_.reset(); }
  // Copies the files of `place` as they are now.
  absl::Status Copy(std::string_view place, std::string_view copy) const;

  StateStore& store() { return *store_; }
  const StoreSetup& setup() const { return *setup_; }

 private:
  const StoreSetup* setup_;
  TestDirectory dir_;
  std::unique_ptr<StateStore> store_;
};

// Every key that begins with `prefix`, in the order of the scan, as a line `key=value`; bytes that are no
// letters, digits or the like in hexadecimal.
absl::StatusOr<std::vector<std::string>> ReadLines(const StateReader& reader, std::string_view prefix = "");
std::string PairLine(std::string_view key, std::string_view value);
// OK if that is what `reader` holds.
absl::Status WantContent(const std::vector<std::string>& want, const StateReader& reader,
                         std::string_view what, std::string_view prefix = "");
// OK if the key has this value and version.
absl::Status WantValue(const StateReader& reader, std::string_view key, std::string_view value,
                       uint64_t version);
absl::Status WantCode(absl::StatusCode code, const absl::Status& got, std::string_view what);

absl::Status Put(StateStore& store, std::string key, std::string value, uint64_t version = 0);

// The rules, each file's.
Contract StoreBatchRules(const std::shared_ptr<const StoreSetup>& setup);
Contract StoreReadRules(const std::shared_ptr<const StoreSetup>& setup);
Contract StoreCrashRules(const std::shared_ptr<const StoreSetup>& setup);

// A rule that is tried on an open, empty store.
ContractRule StoreRule(const std::shared_ptr<const StoreSetup>& setup, std::string name,
                       std::function<absl::Status(StoreTrial&)> check);

}  // namespace rtstream::testing::internal

#pragma GCC visibility pop
