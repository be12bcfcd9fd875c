#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "rtstream/base/arena.h"
#include "rtstream/base/backoff.h"
#include "rtstream/base/clock.h"
#include "rtstream/base/logger.h"
#include "rtstream/base/page_pool.h"
#include "rtstream/core/batch.h"
#include "rtstream/core/context.h"
#include "rtstream/core/dead_letter.h"
#include "rtstream/core/watermark.h"
#include "rtstream/op/node.h"
#include "rtstream/state/state_host.h"

namespace rtstream {

// How calls to plug-ins are repeated when they fail for a reason that may pass.
struct RetryOptions {
  int max_attempts = 8;  // the first call included; then the run ends with the last error
  // Waits double up to `max_backoff`, with jitter.
  Duration initial_backoff = std::chrono::milliseconds(10);
  // Longer: less load on what fails, and it is noticed later that it works again.
  Duration max_backoff = std::chrono::seconds(5);
};

// Whether the same call may succeed later: Unavailable, Aborted, DeadlineExceeded.
bool IsTransient(const absl::Status& status);

// What a thread that runs a pipeline lends to its operators while a batch passes through them: the
// record's context, the way to the dead letters, the watermark, retries, and the stopwatch.
//
// Used by that thread only.
class Lane {
 public:
  // `clock` and `stop` must outlive the lane. `seed`: of the jitter.
  Lane(Clock& clock, Wakeup& stop, const RetryOptions& retry, uint64_t seed);

  Clock& clock() { return *clock_; }                      // the run's
  Context& context() { return context_; }                 // of the record at hand
  WatermarkTracker& watermarks() { return watermarks_; }  // of the batches that this lane has run
  // Memory that was touched ahead of need, for tables that grow.
  PagePool& pages() { return pages_; }
  // What the state of operator `op` is attached to. Valid as long as the lane.
  StateHost state_host(std::string_view op);
  // The following are set before operators are started. Whether there are commits:
  void set_keeps_changes(bool keeps) { keeps_changes_ = keeps; }
  // Who is told of plug-ins that fail and are called again; null: nobody. Must outlive the lane.
  void set_logger(Logger* logger) { logger_ = logger; }
  // Which of several lanes it is, and what they have in common.
  void set_place(uint32_t lane, uint32_t lanes, SharedParts& shared);
  SharedParts* shared() const { return shared_; }  // see set_shared(); null: there is one lane
  // Whether the operators that are started next are behind a KeyBy.
  void set_is_keyed(bool is_keyed) { is_keyed_ = is_keyed; }
  // Whether a KeyBy comes before the operators that are being started.
  bool is_keyed() const { return is_keyed_; }

  // The watermark at the end of the last batch.
  Time watermark() const { return watermark_; }
  // What it was before it moved: what results of timers, emitted now, still see.
  Time watermark_before() const { return watermark_before_; }
  // What it was is kept: see watermark_before().
  void set_watermark(Time watermark) { watermark_before_ = std::exchange(watermark_, watermark); }

  // Sends a row's record to the dead letters, in the name of `node`. A record has one dead letter, of
  // the first refusal: another, in another branch, is only counted.
  void Refuse(Node& node, Frame& frame, size_t row, absl::Status reason);

  // The dead letters of the batch at hand, as a batch of their own.
  Batch<DeadLetter>& dead_letters() { return dead_letters_; }

  // Calls until it succeeds, fails for good or has failed too often. Between calls it waits on the
  // clock, longer each time; when the run is asked to stop, it calls once more and waits no longer.
  absl::Status Retry(absl::FunctionRef<absl::Status()> call);

  // From here on time counts for `node`; null: for nobody.
  void Enter(Node* node) {
    const Duration now = clock_->Monotonic();
    if (at_ != nullptr) {
      at_->counters().busy_us.Add(static_cast<uint64_t>((now - since_).count()));
    }
    at_ = node;
    since_ = now;
  }

  // Begins a batch at processing time `now`.
  void BeginBatch(Time now);

 private:
  Clock* clock_;
  Wakeup* stop_;
  RetryOptions retry_;
  uint64_t seed_;
  PagePool pages_;
  Logger* logger_ = nullptr;
  bool keeps_changes_ = true;
  uint32_t index_ = 0;
  uint32_t lanes_ = 1;
  SharedParts* shared_ = nullptr;
  bool is_keyed_ = false;
  Arena arena_;
  Context context_;
  WatermarkTracker watermarks_;
  Time watermark_ = kMinTime;
  Time watermark_before_ = kMinTime;
  Batch<DeadLetter> dead_letters_;
  Node* at_ = nullptr;
  Duration since_{0};
};

}  // namespace rtstream
