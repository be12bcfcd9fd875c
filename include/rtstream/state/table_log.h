#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/slice.h"
#include "rtstream/state/state_host.h"

namespace rtstream {

// How a keyed table is stored: a delta block for every epoch that changed it, and base blocks, each
// the whole content of a slice of 16 key groups as of its epoch. Bases are written slice after slice, a
// byte for every kDeltasPerBase bytes of deltas; deltas that are no newer than the oldest base are
// dropped. So bases add a quarter to what commits write, and recovery reads at most about five times
// the table.
//
//   <scope><name>/d/<epoch>/<first slice>-<last slice>   delta       <scope><name>/b/<slice>   base
//
// With several lanes each writes what belongs to its slices, and reads no more: another number of lanes
// goes on from the same blocks.
//
// This is the part that does not know the value type. Owned by an operator; its lane's thread only.
class TableLog {
 public:
  static constexpr uint64_t kDeltasPerBase = 4;  // bytes of deltas for each byte of bases
  // A chain of more deltas, however small they are, is cut: a slice each commit.
  static constexpr size_t kMaxDeltas = 4096;

  // `name`: of the table, within the operator's scope.
  explicit TableLog(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }  // as it was made with
  // The lane's slices; all if nobody says.
  void Attach(const StateHost& host);
  const SliceRange& slices() const { return slices_; }  // whose blocks it reads and writes
  // About how large the next blocks will be.
  size_t ExpectedDelta() const { return last_delta_ + last_delta_ / 4; }
  // See ExpectedDelta().
  size_t ExpectedBase(uint32_t slice) const { return slice_bytes_[slice] + slice_bytes_[slice] / 8; }

  // Puts the epoch's delta, and as many bases as are due, which `write_slice` makes.
  void Write(CheckpointWriter& out, std::string delta,
             absl::FunctionRef<std::string(uint32_t slice)> write_slice);

  // Calls `base(slice, block)`, which returns the block's epoch, for each base, then
  // `delta(epoch, block)` for each delta in order. Blocks are checked and without checksum.
  using OnBase = absl::FunctionRef<absl::StatusOr<uint64_t>(uint32_t slice, std::string_view)>;
  using OnDelta = absl::FunctionRef<absl::Status(uint64_t epoch, std::string_view)>;  // see Read()
  // DataLoss: a block is damaged or missing. Errors of `base` and `delta` are returned.
  absl::Status Read(const CheckpointReader& in, OnBase base, OnDelta delta);

 private:
  // A stored delta block.
  struct Delta {
    uint64_t epoch = 0;
    SliceRange slices;
  };
  // Of the stored bases; 0: none yet. The lanes share it: a lane writes those of its slices. What another
  // one writes in the same commit may be seen or not; both are right, for the commit is one.
  using Epochs = std::array<std::atomic<uint64_t>, kSlices>;

  static absl::StatusOr<Delta> ParseDelta(std::string_view key, size_t prefix);
  uint64_t epoch_of(uint32_t slice) const { return (*epochs_)[slice].load(std::memory_order_relaxed); }
  uint64_t OldestBase(const SliceRange& slices) const;
  std::string DeltaKey(const Delta& delta) const;

  std::string name_;
  SliceRange slices_;
  std::deque<Delta> deltas_;  // stored, with a first slice of ours: ours to delete
  std::array<uint64_t, kSlices> slice_bytes_{};
  std::shared_ptr<Epochs> epochs_ = std::make_shared<Epochs>();
  uint32_t next_slice_ = 0;                      // the one with the oldest base
  uint64_t budget_ = 0;  // bytes of deltas that no base has answered
  size_t last_delta_ = 0;
};

}  // namespace rtstream
