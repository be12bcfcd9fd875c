#include "source_reading.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream::testing::internal {

absl::Status SourceReading::Open(const std::map<std::string, std::string>& committed) {
  records_ = 0;
  last_ = PollResult::kIdle;
  positions_ = committed;
  texts_.clear();
  lines_.clear();
  newest_.clear();
  names_.clear();
  std::vector<CommittedPosition> all;
  for (const auto& [partition, resume] : committed) all.push_back({partition, resume});
  return Doing("Open", source_->base().Open(all));
}

absl::Status SourceReading::Step(size_t max_rows, size_t slot) {
  RTSTREAM_ASSIGN_OR_RETURN(last_, source_->Poll(max_rows, slot));
  if (last_ != PollResult::kBatch) return absl::OkStatus();
  const Frame& frame = source_->frame(slot);
  if (frame.size() > max_rows) {
    return Broken(Concat("a batch has ", frame.size(), " rows, ", max_rows, " were asked for"));
  }
  const std::string name = source_->base().PartitionName(frame.partition);
  if (const auto [known, is_new] = names_.emplace(frame.partition, name); !is_new && known->second != name) {
    return Broken(Concat("partition ", frame.partition, " is named '", name, "', and before '", known->second, "'"));
  }
  if (source_->resume(slot).empty()) {
    return Broken(Concat("a batch of partition '", name, "' does not say where to resume"));
  }
  const std::vector<std::string> texts = source_->Texts(slot);
  if (texts.size() != frame.size()) {
    return Broken(Concat("a batch has ", texts.size(), " rows, and a frame of ", frame.size()));
  }
  for (size_t i = 0; i < texts.size(); ++i) {
    const int64_t position = frame.position(i);
    const auto [newest, is_first] = newest_.emplace(name, position);
    if (!is_first && position < newest->second) {
      return Broken(Concat("position ", position, " of partition '", name, "' comes behind ", newest->second));
    }
    newest->second = position;
    texts_[name].push_back(texts[i]);
    lines_[name].push_back(Concat(texts[i], " (position ", position, ", number ", frame.ordinal(i), ")"));
  }
  positions_[name] = source_->resume(slot);
  records_ += texts.size();
  return absl::OkStatus();
}

absl::Status SourceReading::Drain(size_t max_rows, size_t records) {
  using Clock = std::chrono::steady_clock;
  // Batches may hold no record: of input that has none.
  size_t left = 100 + 4 * (CountRecords(*setup_) + records);
  Clock::time_point quiet_since = Clock::now();
  for (;;) {
    RTSTREAM_RETURN_IF_ERROR(Step(max_rows));
    if (last_ == PollResult::kFinished) return absl::OkStatus();
    if (last_ == PollResult::kBatch) {
      if (--left == 0) return Broken(Concat(records_, " records were read, and there is no end"));
      quiet_since = Clock::now();
      continue;
    }
    if (!setup_->is_finite && records_ >= records) return absl::OkStatus();
    if (Clock::now() - quiet_since > setup_->patience) {
      return Broken(Concat("idle, with ", records_, " records read of ", records,
                           setup_->is_finite ? ", and not finished" : ""));
    }
    std::this_thread::yield();
  }
}

void SourceReading::Forget() {
  for (const std::string& name : source_->base().TakeForgotten()) positions_.erase(name);
}

size_t CountRecords(const ErasedSourceSetup& setup) {
  size_t all = 0;
  for (const auto& partition : setup.records) all += partition.size();
  return all;
}

std::map<std::string, std::vector<std::string>> RestOf(
    const std::map<std::string, std::vector<std::string>>& all,
    const std::map<std::string, std::vector<std::string>>& read) {
  std::map<std::string, std::vector<std::string>> rest;
  for (const auto& [name, lines] : all) {
    const auto begun = read.find(name);
    const size_t n = begun == read.end() ? 0 : std::min(lines.size(), begun->second.size());
    rest[name].assign(lines.begin() + static_cast<std::ptrdiff_t>(n), lines.end());
  }
  return rest;
}

absl::Status WantPartitions(const std::map<std::string, std::vector<std::string>>& want,
                            const std::map<std::string, std::vector<std::string>>& got,
                            std::string_view what) {
  std::vector<std::string> all[2];
  for (const auto* side : {&want, &got}) {
    for (const auto& [name, lines] : *side) {
      for (const std::string& line : lines) all[side == &got ? 1 : 0].push_back(Concat(name, ": ", line));
    }
  }
  return WantLines(all[0], all[1], what);
}

}  // namespace rtstream::testing::internal
