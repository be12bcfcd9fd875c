#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/time.h"
#include "rtstream/core/frame.h"
#include "rtstream/base/hash.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/id_batch.h"
#include "rtstream/state/id_index.h"
#include "rtstream/state/id_log.h"

namespace rtstream {

// Which ids were seen within a window of event time. An id belongs to the bucket of its first copy's
// event time; buckets are an eighth of the window wide, and a bucket is forgotten, whole, when the
// watermark is a window past its end.
//
// Stored as one block of ids per epoch and bucket, never rewritten:
//
//   <scope>c/<bucket>/<epoch>      window, ids
//
// In memory a bucket's ids stand in chunks of its own (IdLog), 16 bytes a UUID, and one index over all of
// them tells where an id is, 11 to 17 bytes an id. A look-up of a new id touches one cache line.
//
// Exact. Hashes are secret: see SecretHash. Not thread-safe.
class ClaimTable {
 public:
  enum class Outcome {
    kNew,        // claimed now
    kDuplicate,  // claimed before
    kPending,    // claimed since the last Settle(): its record's outcome is not known yet
  };

  // REQUIRES: window >= 16 us, the same for the life of the state.
  void set_window(Duration window);

  void UsePages(PagePool& pool) {
    log_.UsePages(pool);
    index_.UsePages(pool);
  }

  // Hashes the ids of a batch; REQUIRES: at most Frame::kMaxRows of them.
  void Prepare(const IdBatch& ids);
  // Asks for the memory that Claim will need some ids later.
  [[gnu::always_inline]] void PrefetchAhead(size_t i) const {
    if (i + kAhead < hashes_.size()) index_.Prefetch(hashes_[i + kAhead]);
    if (i + kNextAhead < hashes_.size()) index_.PrefetchNext(hashes_[i + kNextAhead]);
  }
  // Claims the i-th id for a record of this event time, as seen at this watermark.
  // REQUIRES: the event time is at most a window behind the watermark, which never goes back.
  Outcome Claim(const IdBatch& ids, size_t i, Time event_time, Time watermark);

  // Ends the uncertainty: of the ids claimed since the last call, those whose record was refused are
  // given back. REQUIRES: `ids` are those of Prepare().
  template <typename IsRefused>
  void Settle(IsRefused&& is_refused) {
    for (const Pending& p : pending_) {
      if (is_refused(p.index)) [[unlikely]] GiveBack(p);
    }
    SettleRest();
  }

  // Forgets ids that the watermark has left behind, at most kExpiredAtOnce of them: the rest is for
  // later calls, so that no batch waits long. None of them is a duplicate's first copy any more.
  static constexpr size_t kExpiredAtOnce = 4 * Frame::kMaxRows;
  void Expire(Time watermark);

  absl::Status Checkpoint(CheckpointWriter& out);
  // FailedPrecondition: the state was made with another window. REQUIRES: nothing was claimed.
  absl::Status Restore(const CheckpointReader& in);

  size_t size() const { return index_.size(); }
  size_t memory() const { return index_.memory() + log_.memory(); }

 private:
  // How many ids ahead a line is asked for, and the one behind it.
  static constexpr size_t kAhead = 32, kNextAhead = 8;

  struct Pending {
    uint32_t index;  // in the batch's ids
    uint32_t ref;
  };
  struct Bucket {
    std::vector<uint32_t> chunks;  // of the log, in the order of their making
    uint32_t numbers = 0, texts = 0;  // the chunks being filled; 0: none
    size_t first_uncommitted = 0;     // chunks before it are stored
    // Ids that are not.
    size_t uncommitted_numbers = 0, uncommitted_texts = 0;
    bool is_stored = false;          // something is
    // What Expire() has done of the bucket.
    bool is_expiring = false;
    size_t expired_chunks = 0;
    uint32_t expired_units = 0;  // of the next chunk
  };

  uint64_t HashOf(const Word128& id) const { return number_hash_(id); }
  uint64_t HashOf(std::string_view id) const { return text_hash_(id); }
  template <typename Id>
  Outcome Claim(const Id& id, uint32_t i, Time event_time, Time watermark);
  int64_t NumberOf(Time event_time);
  Bucket& BucketOf(int64_t number);
  // The id's place in the log of its bucket.
  template <typename Id>
  uint32_t Append(int64_t number, const Id& id);
  // Restores one id.
  template <typename Id>
  void Load(int64_t number, const Id& id);
  void GiveBack(const Pending& pending);
  void SettleRest();
  bool IsLive(int64_t bucket, Time watermark) const;
  // False if `left` ids were not enough.
  bool ExpireBucket(Bucket& bucket, size_t& left);
  std::string TakeUncommitted(Bucket& bucket);
  template <typename Id>
  void AppendUncommitted(const Bucket& bucket, ByteWriter& out);
  bool WasGivenBack(uint32_t ref) const;
  absl::Status ReadBlock(int64_t bucket, std::string_view block);

  Duration window_{16};
  Duration width_{2};
  SecretFold number_hash_;
  SecretHash text_hash_;
  IdIndex index_;
  IdLog log_;
  std::vector<uint64_t> hashes_;
  std::vector<Pending> pending_;
  std::vector<uint32_t> pending_chunks_;
  std::vector<uint32_t> given_back_;  // places in the log that are no claim any more, and not yet stored
  std::map<int64_t, Bucket> buckets_;
  // Where the last claim went; null: not known.
  Bucket* last_bucket_ = nullptr;
  int64_t last_number_ = 0;
  // Of the bucket that the last event time fell into.
  int64_t near_number_ = 0;
  int64_t near_begin_ = 0;
  std::vector<int64_t> dropped_;  // stored buckets to delete in the next commit
};

}  // namespace rtstream
