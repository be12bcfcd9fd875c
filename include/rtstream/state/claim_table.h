#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtstream/base/time.h"
#include "rtstream/core/frame.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/keyed_table.h"

namespace rtstream {

// The ids of a batch as bytes. A UUID in its canonical text takes 17 bytes, other text one byte more
// than it has; different ids have different bytes.
class IdBatch {
 public:
  void Clear();
  void AddText(std::string_view id);
  template <typename Append>
  void AddKey(Append&& append) {
    bytes_.push_back('\x02');
    append(bytes_);
    ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  }

  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t i) const {
    const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;
};

// The stored form of an id back as text; what was not text comes as hexadecimal digits.
std::string IdText(std::string_view stored);

// Which ids were seen within a window of event time. An id belongs to the bucket of its first copy's
// event time; buckets are an eighth of the window wide, and a bucket is forgotten, whole, when the
// watermark is a window past its end.
//
// Stored as one block of ids per epoch and bucket, never rewritten:
//
//   <scope>c/<bucket>/<epoch>      window, ids
//
// Not thread-safe.
class ClaimTable {
 public:
  enum class Outcome {
    kNew,        // claimed now
    kDuplicate,  // claimed before
    kPending,    // claimed since the last Settle(): its record's outcome is not known yet
  };

  // REQUIRES: window >= 16 us, the same for the life of the state.
  void set_window(Duration window);

  // Hashes the ids of a batch; REQUIRES: at most Frame::kMaxRows of them.
  void Prepare(const IdBatch& ids);
  // Asks for the memory that Claim will need some ids later.
  [[gnu::always_inline]] void PrefetchAhead(const IdBatch& ids, size_t i) const {
    constexpr size_t kSlotAhead = 20, kEntryAhead = 10;
    if (i + kSlotAhead < ids.size()) table_.PrefetchSlot(hashes_[i + kSlotAhead]);
    if (i + kEntryAhead < ids.size()) table_.PrefetchEntry(hashes_[i + kEntryAhead]);
  }
  // Claims the i-th id for a record of this event time, as seen at this watermark.
  // REQUIRES: the event time is at most a window behind the watermark, which never goes back.
  Outcome Claim(const IdBatch& ids, size_t i, Time event_time, Time watermark);

  // Ends the uncertainty: of the ids claimed since the last call, those whose record was refused are
  // given back.
  template <typename IsRefused>
  void Settle(const IdBatch& ids, IsRefused&& is_refused) {
    for (const Pending& p : pending_) Settle(ids, p, is_refused(p.index));
    pending_.clear();
  }

  // Forgets ids that the watermark has left behind, at most kExpiredAtOnce of them: the rest is for
  // later calls, so that no batch waits long. None of them is a duplicate's first copy any more.
  static constexpr size_t kExpiredAtOnce = 4 * Frame::kMaxRows;
  void Expire(Time watermark);

  absl::Status Checkpoint(CheckpointWriter& out);
  // FailedPrecondition: the state was made with another window. REQUIRES: nothing was claimed.
  absl::Status Restore(const CheckpointReader& in);

  size_t size() const { return table_.size(); }
  size_t memory() const { return table_.memory(); }

 private:
  // The bucket and whether the claim is pending, in 8 bytes: there are many.
  class ClaimOf {
   public:
    ClaimOf() = default;
    ClaimOf(int64_t bucket, bool is_pending) : bits_(bucket * 2 + (is_pending ? 1 : 0)) {}
    int64_t bucket() const { return bits_ >> 1; }
    bool is_pending() const { return (bits_ & 1) != 0; }

   private:
    int64_t bits_ = 0;
  };
  using Entry = KeyedTable<ClaimOf>::Entry;
  struct Pending {
    uint32_t index;  // in the batch's ids
    uint32_t entry;
  };
  struct Bucket {
    std::vector<uint32_t> entries;
    std::vector<uint32_t> uncommitted;
    bool is_stored = false;
  };

  void Settle(const IdBatch& ids, const Pending& pending, bool is_refused);
  bool IsLive(int64_t bucket, Time watermark) const;
  absl::Status ReadBlock(int64_t bucket, std::string_view block);

  KeyedTable<ClaimOf> table_;
  Duration window_{16};
  Duration width_{2};
  std::vector<uint64_t> hashes_;
  std::vector<Pending> pending_;
  std::map<int64_t, Bucket> buckets_;
  Bucket* last_bucket_ = nullptr;  // where the last claim went; null: not known
  int64_t last_number_ = 0;
  std::vector<int64_t> dropped_;  // stored buckets to delete in the next commit
};

}  // namespace rtstream
