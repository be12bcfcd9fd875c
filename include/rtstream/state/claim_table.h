#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rtstream/base/time.h"
#include "rtstream/core/frame.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/blob_store.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/claim_runs.h"
#include "rtstream/state/id_batch.h"
#include "rtstream/state/id_hash.h"
#include "rtstream/state/id_index.h"
#include "rtstream/state/id_log.h"
#include "rtstream/state/key_index.h"
#include "rtstream/state/state_host.h"

namespace rtstream {

// What a ClaimTable remembers, for how long and where; see DedupOptions.
struct ClaimOptions {
  Duration window{0};         // at least 16 us, the same for the life of the state
  bool fingerprints = false;  // the same for the life of the state
  uint64_t expected_ids = 0;  // for which memory is taken at once; more are taken all the same
  // What ids, index and filters may take, in bytes; 0: no limit. Beyond, numbers go to `blobs`, which must
  // outlive the table. Needs commits: without, it has no effect.
  uint64_t memory_budget = 0;
  BlobStore* blobs = nullptr;  // where numbers beyond the budget go; null: there is no budget
};

// Which ids were seen within a window of event time. An id belongs to the bucket of its first copy's
// event time; buckets are an eighth of the window wide, and a bucket is forgotten, whole, when the
// watermark is a window past its end.
//
// Stored as one block of ids per epoch, bucket and lane, never rewritten. In a block ids are grouped by the
// slice that they were claimed with, so that a restart with other lanes loads what is its own:
//
//   <scope>k                                      the secret of the hash
//   <scope>c/<bucket>/<lane's first slice>/<epoch>  numbers
//   <scope>t/<bucket>/<lane's first slice>/<epoch>  texts
//
// In memory a bucket's ids stand in chunks of its own (IdLog), 12 bytes a UUID, and one index over all of
// them tells where an id is, 14 to 15 bytes an id. A look-up of a new id touches one cache line. A bucket
// that goes, goes in time that does not depend on its ids; what the index has of them is swept out by and by.
//
// With a memory budget the numbers of the fullest bucket become a sorted run on disk (ClaimRuns) whenever what
// is in memory takes two fifths of what filters leave of the budget. The run is built in the background; the
// commit that names it deletes its blocks. Texts stay in memory. The budget is kept to within an eighth: if
// the disk does not take ids as fast as they come, Prepare waits (see WaitAbove).
//
// Exact, unless fingerprints are asked for: then of an id 64 bits of a secret hash are kept, and a new id is
// called a copy with a probability of 2^-64 for each id that is remembered. Not thread-safe.
class ClaimTable {
 public:
  // What became of a claim.
  enum class Outcome {
    kNew,        // claimed now
    kDuplicate,  // claimed before
    kPending,    // claimed since the last Settle(): its record's outcome is not known yet
    kNoRoom,     // not claimed: kMostChunks chunks are in use, one at least for each bucket
  };
  static constexpr uint32_t kMostChunks = IdLog::kMostChunks;  // chunks in use at most
  static constexpr uint64_t kAllSlices = ~uint64_t{0};  // of Restore(): the state of all lanes
  static_assert(kSlices == 64);

  // InvalidArgument: an option is out of bounds. REQUIRES: nothing was claimed; before Restore().
  absl::Status Open(const ClaimOptions& options);
  // Memory comes from the host's pool. REQUIRES: before Open().
  void Attach(const StateHost& host);

  // Hashes the ids of a batch, and looks which of them are on disk. `slices`: as will be given to Claim, one
  // for each id; none: all are 0. DataLoss: what is on disk is damaged. REQUIRES: at most Frame::kMaxRows ids.
  absl::Status Prepare(const IdBatch& ids, absl::Span<const uint8_t> slices = {});
  // Asks for the memory that Claim will need some ids later; to be called for each id, in their order.
  [[gnu::always_inline]] void PrefetchAhead(size_t i) {
    if (homes_moves_ != index_.moves()) [[unlikely]] FindHomesAgain(i);
    AskAhead(i);
  }
  // Claims the i-th id for a record of this event time, as seen at this watermark. `slice` is that of the
  // record's key; copies of an id have the same. Without keys it is 0.
  // REQUIRES: the event time is at most a window behind the watermark, which never goes back;
  // slice < kSlices, and one of those restored.
  Outcome Claim(const IdBatch& ids, size_t i, uint32_t slice, Time event_time, Time watermark);
  // The same for ids from i on, in less time, as long as they are new and nothing is out of the ordinary: returns
  // the first for which Claim() must be called, or ids.size(). Their event times lie in [earliest, latest];
  // `slices` as for Prepare(). Asks for memory ahead. REQUIRES: as Claim(), and i < ids.size().
  size_t ClaimNew(const IdBatch& ids, size_t i, absl::Span<const uint8_t> slices, Time earliest, Time latest);

  // Whether claims say the same at every watermark from that of the last Expire() up to this one, as long as their
  // event times are at most a window behind it.
  bool AllAreLive(Time watermark) const {
    return (runs_ == nullptr || runs_->empty()) &&
           (buckets_.empty() || IsLive(buckets_.begin()->first, watermark));
  }

  // Ends the uncertainty: of the ids claimed since the last call, those whose record was refused are
  // given back. REQUIRES: `ids` are those of Prepare().
  template <typename IsRefused>
  void Settle(IsRefused&& is_refused) {
    for (const Pending& p : pending_) {
      if (is_refused(p.index)) [[unlikely]] GiveBack(p);
    }
    SettleAll();
  }
  // The same if none was refused.
  void SettleAll();

  // Forgets the buckets that the watermark has left behind; none of their ids is a duplicate's first copy
  // any more. At most kChunksAtOnce chunks of 8192 ids a call, and sweeps a few lines of the index for
  // each claim since the last call, so that no call takes long.
  static constexpr size_t kChunksAtOnce = 1024;
  void Expire(Time watermark);  // REQUIRES: the watermark never goes back

  // Writes the ids claimed since the last call. REQUIRES: all are settled.
  absl::Status Checkpoint(CheckpointWriter& out);
  // Loads the ids of the slices whose bits are set, and owns these from now on: no other lane may.
  // FailedPrecondition: the state was made with other options. DataLoss: it is damaged.
  // REQUIRES: nothing was claimed; all lanes of an epoch were cut at one watermark.
  absl::Status Restore(const CheckpointReader& in, uint64_t slices = kAllSlices);

  // How long a batch waits for the disk at most when so much memory is used: a millisecond above the budget,
  // twice as long for each 64th of it more, or each MiB if that is larger, a second at most.
  static std::chrono::milliseconds WaitAbove(uint64_t budget, uint64_t used);

  // Ids that are remembered, in memory and on disk.
  size_t size() const { return index_.size() - expired_ids_ + (runs_ ? runs_->ids() : 0); }
  // Of ids, index and filters.
  size_t memory() const {
    return index_.memory() + log_.memory() + (runs_ ? runs_->memory() : 0);
  }
  // Null: there is no memory budget.
  const ClaimRuns* runs() const { return runs_.get(); }

 private:
  // How many ids ahead a line is asked for, and the one behind it.
  static constexpr size_t kAhead = 32, kNextAhead = 8;

  struct Pending {
    uint32_t index;  // in the batch's ids
    uint32_t ref;
  };
  struct Bucket {
    std::vector<uint32_t> chunks;          // of the log, in the order of their making
    std::vector<uint32_t> numbers, texts;  // the chunk being filled, by slice; 0: none
    std::vector<uint32_t> uncommitted;     // chunks with ids that are not stored
    uint64_t stored_numbers = 0, stored_texts = 0;  // a bit for each lane's first slice with blocks
    uint64_t shared_numbers = 0;  // of them, those whose blocks have slices of other lanes
  };
  enum Kind : char { kNumbers = 'c', kTexts = 't' };

  // PrefetchAhead(), unless homes have moved.
  [[gnu::always_inline]] void AskAhead(size_t i) {
    if (i + kAhead >= asked_) AskForHomes(i + 2 * kAhead);
    if (i + kNextAhead < homes_.size()) IdIndex::PrefetchNext(homes_[i + kNextAhead]);
  }
  // Finds the homes of the ids before `end` that were not asked for yet.
  void AskForHomes(size_t end);
  // After homes have moved: those of the ids from i on that were asked for.
  void FindHomesAgain(size_t i);

  // What an id takes in memory, about, with its tag and its share of the index.
  size_t bytes_an_id() const { return options_.fingerprints ? 23 : 31; }
  template <typename Id>
  Outcome ClaimOne(const Id& id, uint32_t i, uint32_t slice, Time event_time, Time watermark);
  int64_t NumberOf(Time event_time);
  Bucket& BucketOf(int64_t number);
  // The id's place in the log of its bucket; 0: there is no room for another chunk.
  template <typename Id>
  uint32_t Append(int64_t number, uint32_t slice, const Id& id);
  // ClaimNew() for ids of one slice.
  size_t ClaimRun(Bucket& bucket, size_t i, size_t end, uint32_t slice);
  void GiveBack(const Pending& pending);
  bool IsLive(int64_t bucket, Time watermark) const;
  // Forgets what stands in the chunk; its memory is taken back by FreeExpired().
  void ExpireChunk(uint32_t number);
  void FreeExpired();

  // What claim_blocks.cc does.
  template <typename Id>
  std::string TakeUncommitted(Bucket& bucket);
  // Those of epochs up to `last_epoch`.
  void DeleteBlocks(CheckpointWriter& out, Kind kind, int64_t bucket, uint64_t stored,
                    uint64_t last_epoch) const;
  absl::Status RestoreRuns(const CheckpointReader& in);
  absl::Status ReadBlocks(const CheckpointReader& in, Kind kind);
  absl::Status ReadBlock(Kind kind, int64_t bucket, uint64_t epoch, std::string_view block,
                         bool& is_shared);
  // Names the run that was built, if one was, and begins the next one if that is due.
  absl::Status CommitRuns(CheckpointWriter& out);
  void BuildRunIfDue(uint64_t epoch);
  // Restores one id. False: there is no room.
  template <typename Id>
  bool Load(int64_t number, uint32_t slice, uint64_t hash, const Id& id);

  ClaimOptions options_;
  Duration width_{2};
  IdHash hash_;
  bool is_hash_stored_ = false;
  bool keeps_changes_ = true;
  uint64_t slices_ = kAllSlices;
  IdIndex index_;
  IdLog log_;
  std::vector<Word128> hashes_;  // of a text that is one, in the high half
  std::vector<internal::IdLine*> homes_;  // of the hashes, before asked_
  size_t asked_ = 0;                      // kAllAsked: there are no more
  static constexpr size_t kAllAsked = ~size_t{0};
  uint64_t homes_moves_ = 0;  // the index's moves() when homes_ were found
  std::vector<Pending> pending_;
  std::vector<uint32_t> pending_chunks_;
  size_t claims_ = 0;  // since the last Expire()
  std::map<int64_t, Bucket> buckets_;
  struct Expired {
    uint32_t chunk;
    uint32_t references;
  };
  std::vector<Expired> expired_;  // chunks that wait to be freed
  size_t expired_ids_ = 0;
  // Where the last claim went; null: not known.
  Bucket* last_bucket_ = nullptr;
  int64_t last_number_ = 0;
  // Of the bucket that the last event time fell into.
  int64_t near_number_ = 0;
  int64_t near_begin_ = 0;
  struct Dropped {
    int64_t bucket;
    uint64_t numbers, texts;
  };
  std::unique_ptr<ClaimRuns> runs_;
  std::vector<int64_t> on_disk_;           // of each id of the batch the bucket of its claim on disk
  std::vector<uint32_t> building_chunks_;  // that become a run
  Time watermark_ = kMinTime;  // of the last Expire()
  std::vector<Dropped> dropped_;  // stored buckets to delete in the next commit
};

}  // namespace rtstream
