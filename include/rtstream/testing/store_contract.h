#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtstream/state/state_store.h"
#include "rtstream/testing/contract.h"

namespace rtstream::testing {

// A StateStore as StoreContract tries it.
struct StoreSetup {
  // Opens the store that keeps its state at `place`: the path of a directory or file that is not there yet, in
  // a directory that is; a store that is elsewhere may take it for a name. Called again for a place when the store that
  // had it is gone, closed or not. Any thread.
  std::function<absl::StatusOr<std::unique_ptr<StateStore>>(const std::string& place)> open;
  // What was applied is there when its place is opened again. No: a store in memory.
  bool is_durable = true;
  // All that is durable is in the files of `place`: they are copied between batches, while the store has
  // them open, and the copy is opened. That is what kill -9 leaves.
  bool is_in_files = false;
  // Batches that are compared with a map's; more: more seldom cases, and more time.
  size_t random_batches = 200;
  uint64_t seed = 1;  // of the random batches
};

// What every StateStore must do: reads, batches, conditions, scans, snapshots, threads, sizes, and what is
// left after it was closed, dropped or killed.
//
//   rt::testing::StoreContract({.open = [](const std::string& place) { return MyStore::Open(place); },
//                               .is_in_files = true})
//
// See contract.h for how a contract is tried. REQUIRES: setup.open is set.
Contract StoreContract(const StoreSetup& setup);

}  // namespace rtstream::testing
