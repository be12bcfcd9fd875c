#include "rtstream/op/lane.h"

#include <utility>

#include "rtstream/base/text.h"

namespace rtstream {

bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status) ||
         absl::IsDeadlineExceeded(status);
}

Lane::Lane(Clock& clock, Wakeup& stop, const RetryOptions& retry, uint64_t seed)
    : clock_(&clock), stop_(&stop), retry_(retry), seed_(seed), context_(arena_, kMinTime) {}

StateHost Lane::state_host(std::string_view op) {
  return {&pages_, keeps_changes_, &context_, is_keyed_,
          index_,  lanes_,         SliceRange::OfLane(index_, lanes_), shared_, op};
}

void Lane::set_place(uint32_t lane, uint32_t lanes, SharedParts& shared) {
  index_ = lane;
  lanes_ = lanes;
  shared_ = &shared;
}

void Lane::BeginBatch(Time now) {
  arena_.Clear();
  context_.BeginBatch(now);
  dead_letters_.Clear();
}

// By value: who refuses a record has no further use for the status.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void Lane::Refuse(Node& node, Frame& frame, size_t row, absl::Status reason) {
  node.counters().refused.Add(1);
  if (!frame.MarkRefused(row)) return;
  const std::string_view raw = frame.raw(row);
  DeadLetter letter;
  letter.op = node.name();
  letter.code = reason.code();
  letter.message.assign(MessageOf(reason));
  letter.partition.assign(frame.label);
  letter.position = frame.position(row);
  letter.ordinal = frame.ordinal(row);
  letter.length = frame.meta(row).raw_size;
  letter.bytes.assign(raw.substr(0, DeadLetter::kMaxBytes));
  dead_letters_.Append(std::move(letter), frame.meta(row));
}

absl::Status Lane::Retry(absl::FunctionRef<absl::Status()> call) {
  absl::Status status = call();
  if (status.ok() || !IsTransient(status)) return status;
  if (logger_ != nullptr) {
    const std::string_view who = at_ == nullptr ? "a sink" : std::string_view(at_->name());
    logger_->Log(LogLevel::kWarning, Concat(who, " fails and is tried again, ", retry_.max_attempts,
                                            " times at most: ", MessageOf(status)));
  }
  Backoff backoff({.initial = retry_.initial_backoff, .max = retry_.max_backoff, .seed = ++seed_});
  for (int attempt = 1; attempt < retry_.max_attempts; ++attempt) {
    if (clock_->Wait(backoff.Next(), *stop_)) {
      stop_->Notify();  // kept for the runner, which stops at the next batch
      return call();
    }
    status = call();
    if (status.ok() || !IsTransient(status)) return status;
  }
  return absl::Status(status.code(), Concat(MessageOf(status), " (after ",
                                                  retry_.max_attempts, " attempts)"));
}

}  // namespace rtstream
