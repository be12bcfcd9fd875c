#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "run_state.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// Runs a pipeline on several lanes, each a thread.
//
// Batches are numbered as they are read, by whichever lane has nothing else to do, and stand in a ring of
// blocks. Who read one runs the operators up to KeyBy, which divides its rows; then each lane takes its
// rows of each block, in the order of the numbers. So every key sees input order, and what a lane does
// depends on the input alone. The watermark follows that order as well: the first lane that comes to a block
// says what its rows see, as one lane would. A block is used again when all lanes are done with it: that the ring is full
// is what stops the reading. To commit, reading stops, and every lane has come to the same number.
//
// docs/design/0010. Used once.
class LaneCrew {
 public:
  // `run` is open and must outlive this.
  explicit LaneCrew(RunState& run);

  // Returns when the source is at its end or a stop was requested, and all that was read is processed; or
  // with the first error. The caller is the first lane.
  absl::Status Run();

 private:
  static constexpr uint64_t kNever = ~uint64_t{0};

  // A batch under way. Written by who read it; behind `ready` nobody writes but for rows of his own.
  struct Block {
    PipelineCopy* copy = nullptr;
    Lane* front = nullptr;
    std::vector<uint32_t> ends_before;  // partitions that are at their end
    // The number of the batch that stands here, plus 1, once lanes may take it.
    alignas(64) std::atomic<uint64_t> ready{0};
    std::vector<uint32_t> ends_after;
    Time now{};
    Time watermark{};  // behind it
    // How many lanes are not yet done with it; 0: free.
    alignas(64) std::atomic<uint32_t> users{0};
    uint32_t partition = 0;
    uint64_t bytes = 0;
    bool has_batch = false;  // false: only time has passed
  };
  // What one lane is at.
  struct alignas(64) Place {
    uint32_t index = 0;
    uint64_t next = 0;  // number of the next batch
    StateBatch checkpoint;
  };

  void RunLane(Place& place);
  // Until the end, or until a lane has failed.
  absl::Status Serve(Place& place);
  // False: there was nothing to do.
  absl::StatusOr<bool> TakeBlock(Place& place);
  absl::StatusOr<bool> ReadBlock();
  bool MayRead(const Block& block) const;
  absl::StatusOr<PollResult> FillBlock(Block& block);
  absl::Status FinishFront(Block& block);
  void NoteEnd(uint32_t source_index, std::vector<uint32_t>& ends);
  void SayTimes(uint64_t number, Block& block);
  absl::Status ProcessShare(LaneRun& run, uint32_t index, Block& block);
  // Behind the last block: time has passed, if that is asked for.
  absl::Status EndTime(Place& place);
  // Every lane is there and none is in a block: commits.
  absl::Status MeetToCommit(Place& place);
  absl::Status CommitTogether();

  void Fail(absl::Status status);
  bool has_failed() const { return has_failed_.load(std::memory_order_acquire); }
  // Something has changed that a waiting lane may wait for.
  void Announce() {
    events_.fetch_add(1);
    events_.notify_all();
  }
  void WaitForChange(uint32_t seen);

  RunState& run_;
  const uint32_t lanes_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<std::unique_ptr<Place>> places_;
  std::atomic<uint32_t> events_{0};
  std::atomic<uint64_t> bytes_in_flight_{0};
  std::atomic<bool> has_failed_{false};
  std::atomic<bool> has_moved_{false};  // the watermark, since the last commit

  // Number at which the lanes meet; nothing is read while it is set. With the run's end they part there.
  std::atomic<uint64_t> meet_at_{kNever};
  bool is_end_ = false;         // written before meet_at_
  bool is_source_end_ = false;  // the same; not only a stop

  std::mutex read_mutex_;
  // Guarded by read_mutex_.
  uint64_t next_number_ = 0;
  uint32_t last_index_ = RunState::kUnknown;  // partition of the batch before
  bool is_idle_ = false;                      // the source had nothing
  Time time_ = kMinTime;
  std::set<std::string, std::less<>> labels_;  // of partitions: a source need not keep them

  // How many blocks the watermark has passed.
  std::atomic<uint64_t> timed_{0};
  std::mutex times_mutex_;

  std::mutex meet_mutex_;
  std::condition_variable meet_changed_;
  uint32_t present_ = 0;   // guarded by meet_mutex_
  uint64_t meetings_ = 0;  // guarded by meet_mutex_
  absl::Status failure_;   // guarded by meet_mutex_
};

}  // namespace rtstream

#pragma GCC visibility pop
