#include "lane_crew.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "want_of_memory.h"

namespace rtstream {
namespace {

void SpinOnce() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

LaneCrew::LaneCrew(RunState& run)
    : run_(run), lanes_(static_cast<uint32_t>(run.lanes.size())), time_(run.next.time) {
  for (size_t i = 0; i < run.copies.size(); ++i) {
    blocks_.push_back(std::make_unique<Block>());
    blocks_.back()->copy = run.copies[i].get();
    blocks_.back()->front = run.fronts[i].get();
  }
  for (uint32_t i = 0; i < lanes_; ++i) {
    places_.push_back(std::make_unique<Place>());
    places_.back()->index = i;
  }
}

absl::Status LaneCrew::Run() {
  std::vector<std::thread> threads;
  for (uint32_t i = 1; i < lanes_; ++i) {
    threads.emplace_back([this, i] { RunLane(*places_[i]); });
  }
  RunLane(*places_[0]);
  for (std::thread& thread : threads) thread.join();
  run_.next.time = std::max(run_.next.time, time_);
  run_.has_uncommitted |= has_moved_.load();
  run_.TakePartitions();
  const std::lock_guard lock(meet_mutex_);
  return failure_;
}

void LaneCrew::RunLane(Place& place) {
  absl::Status status = internal::WithoutBadAlloc([&] { return Serve(place); });
  if (!status.ok()) Fail(std::move(status));
}

absl::Status LaneCrew::Serve(Place& place) {
  while (!has_failed()) {
    const uint32_t seen = events_.load();
    absl::StatusOr<bool> did = TakeBlock(place);
    if (did.ok() && !*did) {
      if (meet_at_.load(std::memory_order_acquire) == place.next) {
        if (is_end_) return EndTime(place);
        RTSTREAM_RETURN_IF_ERROR(MeetToCommit(place));
        continue;
      }
      did = ReadBlock();
    }
    if (!did.ok()) return std::move(did).status();
    if (!*did) WaitForChange(seen);
  }
  return absl::OkStatus();
}

void LaneCrew::WaitForChange(uint32_t seen) {
  // Most waits are short: some microseconds by themselves, then some more if nobody else wants the
  // processor.
  constexpr int kSpins = 128, kYields = 32;
  for (int i = 0; i < kSpins + kYields; ++i) {
    if (events_.load(std::memory_order_relaxed) != seen) return;
    if (i < kSpins) {
      SpinOnce();
    } else {
      std::this_thread::yield();
    }
  }
  events_.wait(seen);
}

void LaneCrew::Fail(absl::Status status) {
  {
    const std::lock_guard lock(meet_mutex_);
    failure_.Update(std::move(status));
    has_failed_.store(true, std::memory_order_release);
    meet_changed_.notify_all();
  }
  // Those that wait for the next try of a plug-in wait no longer.
  run_.RequestStop();
  Announce();
}

absl::StatusOr<bool> LaneCrew::TakeBlock(Place& place) {
  Block& block = *blocks_[place.next % blocks_.size()];
  if (block.ready.load(std::memory_order_acquire) != place.next + 1) return false;
  SayTimes(place.next, block);
  RTSTREAM_RETURN_IF_ERROR(ProcessShare(*run_.lanes[place.index], place.index, block));
  ++place.next;
  const uint64_t bytes = block.bytes;
  if (block.users.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    bytes_in_flight_.fetch_sub(bytes);
    Announce();
  }
  return true;
}

void LaneCrew::SayTimes(uint64_t number, Block& block) {
  if (timed_.load(std::memory_order_acquire) > number) return;
  const std::lock_guard lock(times_mutex_);
  if (timed_.load(std::memory_order_relaxed) > number) return;
  // Whoever comes to a block has done the one before, so it is this one's turn.
  WatermarkTracker& watermarks = run_.watermarks();
  for (const uint32_t id : block.ends_before) watermarks.Finish(id);
  if (block.has_batch) {
    watermarks.BeginBatch(block.partition, block.now);
    block.copy->body.frame().SeeWatermarks(watermarks);
    block.copy->body.frame().FillWatermarks();
  }
  for (const uint32_t id : block.ends_after) watermarks.Finish(id);
  block.watermark = watermarks.Advance(block.now);
  timed_.store(number + 1, std::memory_order_release);
}

absl::Status LaneCrew::ProcessShare(LaneRun& run, uint32_t index, Block& block) {
  Lane& lane = run.lane;
  lane.BeginBatch(block.now);
  if (block.has_batch) {
    RTSTREAM_RETURN_IF_ERROR(
        run_.copies[index]->exchange->ProcessShare(lane, *block.copy->exchange, index));
  }
  RTSTREAM_ASSIGN_OR_RETURN(const bool has_moved, RunState::MoveWatermark(run, block.watermark));
  if (has_moved && index == 0) has_moved_.store(true, std::memory_order_relaxed);
  RTSTREAM_RETURN_IF_ERROR(run_.sinks->WriteDeadLetters(lane));
  lane.Enter(nullptr);
  return absl::OkStatus();
}

bool LaneCrew::MayRead(const Block& block) const {
  return meet_at_.load(std::memory_order_acquire) == kNever &&
         block.users.load(std::memory_order_acquire) == 0 &&
         bytes_in_flight_.load(std::memory_order_relaxed) < run_.options.max_bytes_in_flight;
}

absl::StatusOr<bool> LaneCrew::ReadBlock() {
  std::unique_lock lock(read_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  Block& block = *blocks_[next_number_ % blocks_.size()];
  if (!MayRead(block)) return false;
  if (is_idle_ && !run_.stop_requested.load()) {
    const bool is_notified = run_.clock->Wait(run_.NextWait(), run_.wakeup);
    // Others may wait for it as well: for the next try of a plug-in.
    if (is_notified && run_.stop_requested.load()) run_.wakeup.Notify();
  }
  if (run_.stop_requested.load()) {
    is_end_ = true;
    meet_at_.store(next_number_, std::memory_order_release);
    lock.unlock();
    Announce();
    return true;
  }
  if (run_.pause.is_wanted()) {
    run_.has_uncommitted |= has_moved_.load(std::memory_order_relaxed);
    if (run_.has_uncommitted && run_.keeps_commits) {
      // Reading goes on from here when that is committed.
      meet_at_.store(next_number_, std::memory_order_release);
      lock.unlock();
      Announce();
      return true;
    }
    RTSTREAM_RETURN_IF_ERROR(run_.FinishCommit());
    run_.pause.Rest();
    return true;
  }
  RTSTREAM_RETURN_IF_ERROR(run_.PublishDurable());
  absl::StatusOr<PollResult> polled = FillBlock(block);
  if (!polled.ok()) return std::move(polled).status();
  is_idle_ = *polled == PollResult::kIdle;
  block.users.store(lanes_, std::memory_order_relaxed);
  bytes_in_flight_.fetch_add(block.bytes);
  const uint64_t number = next_number_++;
  run_.has_uncommitted |= has_moved_.load(std::memory_order_relaxed);
  if (*polled == PollResult::kFinished) {
    is_end_ = is_source_end_ = true;
    meet_at_.store(next_number_, std::memory_order_release);
  } else if (run_.IsCommitDue()) {
    meet_at_.store(next_number_, std::memory_order_release);
  }
  lock.unlock();
  Announce();  // another may read
  RTSTREAM_RETURN_IF_ERROR(FinishFront(block));
  block.ready.store(number + 1, std::memory_order_release);
  Announce();
  return true;
}

absl::StatusOr<PollResult> LaneCrew::FillBlock(Block& block) {
  internal::PipelineBody& body = block.copy->body;
  Lane& front = *block.front;
  front.Enter(body.nodes()[0]);
  RTSTREAM_ASSIGN_OR_RETURN(const PollResult polled, run_.Poll(*block.copy, front));
  time_ = std::max(time_, run_.clock->Now());
  block.now = time_;
  block.ends_before.clear();
  block.ends_after.clear();
  block.has_batch = polled == PollResult::kBatch;
  block.bytes = 0;
  if (!block.has_batch) {
    for (uint32_t index = 0; index < run_.ids_by_index().size(); ++index) NoteEnd(index, block.ends_after);
    return polled;
  }
  Frame& frame = body.frame();
  const auto label = labels_.find(frame.label);
  frame.label = label != labels_.end() ? *label : *labels_.emplace(frame.label).first;
  const uint32_t index = frame.partition;
  block.partition = run_.PartitionId(index);
  if (last_index_ != index && last_index_ != RunState::kUnknown) NoteEnd(last_index_, block.ends_before);
  last_index_ = index;
  NoteEnd(index, block.ends_after);
  run_.partition(block.partition).resume = body.resume();
  run_.NoteInput(body.input_bytes());
  block.bytes = body.input_bytes();
  return polled;
}

// A source may know only some time after a partition's last record that it was the last.
void LaneCrew::NoteEnd(uint32_t source_index, std::vector<uint32_t>& ends) {
  const uint32_t id = run_.ids_by_index()[source_index];
  if (id != RunState::kUnknown && run_.IsFinished(source_index)) ends.push_back(id);
}

absl::Status LaneCrew::FinishFront(Block& block) {
  Lane& front = *block.front;
  front.BeginBatch(block.now);
  block.copy->exchange->Begin();
  if (block.has_batch) {
    RTSTREAM_RETURN_IF_ERROR(block.copy->body.Process(front));
    RTSTREAM_RETURN_IF_ERROR(run_.sinks->WriteDeadLetters(front));
    block.copy->body.frame().Share();
  }
  front.Enter(nullptr);
  return absl::OkStatus();
}

absl::Status LaneCrew::EndTime(Place& place) {
  if (!is_source_end_ || !run_.options.close_windows_at_end) return absl::OkStatus();
  LaneRun& run = *run_.lanes[place.index];
  run.lane.BeginBatch(time_);  // nobody reads any more
  RTSTREAM_ASSIGN_OR_RETURN(const bool has_moved, RunState::MoveWatermark(run, kMaxTime));
  if (has_moved) has_moved_.store(true, std::memory_order_relaxed);
  RTSTREAM_RETURN_IF_ERROR(run_.sinks->WriteDeadLetters(run.lane));
  run.lane.Enter(nullptr);
  return absl::OkStatus();
}

absl::Status LaneCrew::MeetToCommit(Place& place) {
  // Nobody changes the epoch's number but who commits, when all are here.
  const uint64_t epoch = run_.next.epoch + 1;
  for (Node* node : run_.lanes[place.index]->nodes) {
    RTSTREAM_RETURN_IF_ERROR(node->Checkpoint(epoch, place.checkpoint));
  }
  std::unique_lock lock(meet_mutex_);
  if (++present_ < lanes_) {
    const uint64_t meeting = meetings_;
    meet_changed_.wait(lock, [&] { return meetings_ != meeting || has_failed(); });
    return absl::OkStatus();
  }
  if (has_failed()) return absl::OkStatus();
  RTSTREAM_RETURN_IF_ERROR(CommitTogether());
  present_ = 0;
  ++meetings_;
  meet_at_.store(kNever, std::memory_order_release);
  meet_changed_.notify_all();
  return absl::OkStatus();
}

absl::Status LaneCrew::CommitTogether() {
  run_.next.time = std::max(run_.next.time, time_);
  run_.has_uncommitted |= has_moved_.exchange(false);
  run_.TakePartitions();
  return run_.BeginCommit([this](uint64_t, StateBatch& batch) {
    for (const auto& place : places_) {
      batch.Append(std::move(place->checkpoint));
      place->checkpoint = StateBatch();
    }
    return absl::OkStatus();
  });
}

}  // namespace rtstream
