#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rtstream/base/hash.h"
#include "rtstream/state/blob_store.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/id_log.h"
#include "rtstream/state/run_builder.h"
#include "rtstream/state/run_file.h"

namespace rtstream {

// The part of a ClaimTable's ids that is on disk: runs, which are built in the background and count from
// when a commit names them:
//
//   <scope>r/<bucket>/<blob>      what the run holds (RunMeta)
//
// A blob is removed when the commit that names it no more is durable. Owned by a ClaimTable; its thread only.
class ClaimRuns {
 public:
  static constexpr int64_t kNowhere = INT64_MIN;  // no bucket: the id is in no run

  // `blobs` must outlive this. `slices`: those whose ids will come.
  ClaimRuns(BlobStore& blobs, uint32_t id_bytes, uint64_t slices)
      : blobs_(&blobs), id_bytes_(id_bytes), slices_(slices), builder_(blobs) {}

  // For each hash the latest bucket of whose runs one has it, or kNowhere: looks at the filter of each run,
  // and reads a block of those that may have it, all blocks of the batch at once where the disk can.
  // `slices`: one for each hash, or none: slice 0. DataLoss: a run is damaged.
  absl::Status Look(absl::Span<const Word128> hashes, absl::Span<const uint8_t> slices,
                    std::vector<int64_t>& buckets);

  bool empty() const { return runs_.empty(); }  // whether there are no runs
  uint64_t ids() const;  // ids in runs, those of other lanes' slices not counted
  size_t memory() const;  // bytes of filters and fences
  // Blocks that were read, and those of them in which the id was not: for tests and metrics.
  uint64_t reads() const { return reads_; }
  uint64_t vain_reads() const { return vain_reads_; }  // see reads()

  // Lets go of the runs of buckets for which it is false.
  void Expire(absl::FunctionRef<bool(int64_t bucket)> is_live);

  // Begins to build a run of a bucket's numbers, which `epoch` stores. REQUIRES: !is_building().
  void Build(int64_t bucket, uint64_t epoch, std::vector<const IdLog::Chunk*> chunks);
  // Whether a result of Build() is awaited, or runs are merged.
  bool is_building() const { return is_building_ids_ || is_merging(); }
  // Whether runs of a bucket are being made one.
  bool is_merging() const { return !merging_.empty(); }
  // Waits until what is being built is done, or so long. False: it is not.
  bool Wait(Duration longest) const { return builder_.WaitForResult(longest); }

  // Of ids that are in runs from the commit at hand on: the bucket, and the last epoch that stored them.
  struct Built {
    int64_t bucket;   // whose ids they are
    uint64_t epoch;   // blocks of ids up to this one are no longer needed
    bool is_dropped;  // the bucket was forgotten meanwhile
  };
  // Names what was built and un-names what has gone. nullopt: no chunks were built. An error of building
  // loses nothing: the ids are stored as they were.
  absl::StatusOr<std::optional<Built>> Commit(CheckpointWriter& out,
                                              absl::FunctionRef<bool(int64_t bucket)> is_live);
  // Begins to make one run of a bucket's runs, if there are as many as that, or two of a bucket before
  // `first_open`. REQUIRES: !is_building().
  void MergeIfDue(size_t most, int64_t first_open);

  // Opens the runs of the slices whose bits are set, and removes what nobody names.
  absl::Status Restore(const CheckpointReader& in, uint64_t slices);
  // The ids of a bucket and slice that were stored until this epoch are in runs.
  uint64_t CoveredUntil(int64_t bucket, uint32_t slice) const;

 private:
  struct Named {
    std::shared_ptr<Run> run;
    bool is_shared = false;  // with lanes that own other slices of it
  };
  static std::string KeyOf(const RunMeta& meta);
  std::string NewName(int64_t bucket);
  void Drop(Named& named);
  // Notes what a block said of an id.
  void Found(const Run& run, bool is_there, int64_t& bucket);

  BlobStore* blobs_;
  uint32_t id_bytes_;
  uint64_t slices_;
  std::string prefix_;  // of the names of this lane's blobs; empty: not known yet
  uint64_t names_ = 0;
  std::vector<Named> runs_;  // in the order of their buckets
  std::map<std::pair<int64_t, uint32_t>, uint64_t> covered_;
  bool is_building_ids_ = false;
  int64_t building_bucket_ = 0;
  std::vector<std::shared_ptr<Run>> merging_;
  std::vector<std::pair<std::string, std::string>> dropped_;  // keys and blobs, for the next commit
  std::vector<std::string> removable_[2];  // blobs that the last commit, or the one before, un-named
  struct Hit {
    uint32_t index;
    const Run* run;
    Run::Blocks blocks;
  };
  std::vector<Hit> hits_;
  std::vector<uint32_t> possible_;
  uint64_t reads_ = 0, vain_reads_ = 0;
  RunBuilder builder_;
};

}  // namespace rtstream
