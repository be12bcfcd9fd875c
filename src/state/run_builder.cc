#include "rtstream/state/run_builder.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "rtstream/base/status_macros.h"

namespace rtstream {
namespace {

// Ids sorted at a time: what building a run takes beyond the ids themselves is 16 MiB.
constexpr uint64_t kSortedAtOnce = uint64_t{1} << 20;

// Sorts hashes that are spread evenly over [first, first + range).
void SortEvenlySpread(std::vector<Word128>& hashes, std::vector<Word128>& scratch, uint64_t first,
                      uint64_t range) {
  // Into so many cells that each holds a few dozen, then each.
  constexpr size_t kPerCell = 32;
  const size_t cells = hashes.size() / kPerCell + 2;
  const uint64_t width = range / cells + 1;
  std::vector<uint32_t> ends(cells + 1);
  for (const Word128& hash : hashes) ++ends[(hash.high - first) / width + 1];
  for (size_t i = 1; i <= cells; ++i) ends[i] += ends[i - 1];
  scratch.resize(hashes.size());
  for (const Word128& hash : hashes) scratch[ends[(hash.high - first) / width]++] = hash;
  size_t begin = 0;
  for (size_t i = 0; i < cells; ++i) {
    std::sort(scratch.begin() + static_cast<ptrdiff_t>(begin),
              scratch.begin() + static_cast<ptrdiff_t>(ends[i]));
    begin = ends[i];
  }
  hashes.swap(scratch);
}

}  // namespace

struct [[gnu::visibility("hidden")]] RunBuilder::Impl {
  BlobStore* blobs;
  std::thread thread;
  std::atomic<bool> is_closing{false};

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::optional<Job> next;               // guarded by mutex
  std::vector<std::string> removals;    // guarded by mutex
  std::vector<std::shared_ptr<Run>> discarded;  // guarded by mutex
  bool is_busy = false;                 // guarded by mutex
  std::optional<absl::StatusOr<std::shared_ptr<Run>>> result;  // guarded by mutex

  absl::Status AddChunks(const Job& job, RunWriter& out) {
    std::vector<Word128> hashes, scratch;
    for (uint32_t slice = 0; slice < kSlices; ++slice) {
      uint64_t ids = 0;
      for (const IdLog::Chunk* chunk : job.chunks) {
        if (chunk->slice == slice) ids += chunk->used - chunk->holes.size();
      }
      if (ids == 0) continue;
      RTSTREAM_RETURN_IF_ERROR(out.BeginSlice(slice, ids));
      // A range of the hashes at a time, each of which reads all tags.
      const uint64_t passes = ids / kSortedAtOnce + 1;
      const uint64_t range = ~uint64_t{0} / passes;
      for (uint64_t pass = 0; pass < passes; ++pass) {
        if (is_closing) return absl::CancelledError("the run is not needed any more");
        const uint64_t first = pass * range;
        const uint64_t last = pass + 1 == passes ? ~uint64_t{0} : first + range - 1;
        hashes.clear();
        for (const IdLog::Chunk* chunk : job.chunks) {
          if (chunk->slice == slice) IdLog::AppendRange(*chunk, job.id_bytes == 8, first, last, hashes);
        }
        SortEvenlySpread(hashes, scratch, first, last - first);
        for (const Word128& hash : hashes) RTSTREAM_RETURN_IF_ERROR(out.Add(hash));
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddRuns(const Job& job, RunWriter& out) {
    for (uint32_t slice = 0; slice < kSlices; ++slice) {
      std::vector<Run::Cursor> cursors;
      uint64_t ids = 0;
      for (const std::shared_ptr<Run>& run : job.runs) {
        for (const RunMeta::Part& part : run->meta().parts) {
          if (part.slice != slice) continue;
          cursors.emplace_back(*run, part);
          ids += part.ids;
        }
      }
      if (ids == 0) continue;
      RTSTREAM_RETURN_IF_ERROR(out.BeginSlice(slice, ids));
      std::vector<const Word128*> heads;
      for (Run::Cursor& cursor : cursors) {
        RTSTREAM_ASSIGN_OR_RETURN(const Word128* head, cursor.Next());
        heads.push_back(head);
      }
      for (uint64_t n = 0;; ++n) {
        if (n % kSortedAtOnce == 0 && is_closing) {
          return absl::CancelledError("the run is not needed any more");
        }
        size_t least = heads.size();
        for (size_t i = 0; i < heads.size(); ++i) {
          if (heads[i] != nullptr && (least == heads.size() || *heads[i] < *heads[least])) least = i;
        }
        if (least == heads.size()) break;
        RTSTREAM_RETURN_IF_ERROR(out.Add(*heads[least]));
        RTSTREAM_ASSIGN_OR_RETURN(heads[least], cursors[least].Next());
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<Run>> Execute(const Job& job) {
    uint64_t ids = 0;
    for (const IdLog::Chunk* chunk : job.chunks) ids += chunk->used;
    for (const std::shared_ptr<Run>& run : job.runs) ids += run->meta().ids();
    RunMeta meta;
    {
      RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<RunWriter> out,
                                RunWriter::Create(*blobs, job.blob, job.id_bytes, ids));
      RTSTREAM_RETURN_IF_ERROR(job.runs.empty() ? AddChunks(job, *out) : AddRuns(job, *out));
      RTSTREAM_ASSIGN_OR_RETURN(meta, out->Finish());
    }
    meta.bucket = job.bucket;
    meta.epoch = job.epoch;
    RTSTREAM_ASSIGN_OR_RETURN(std::unique_ptr<Run> run, Run::Open(*blobs, std::move(meta), job.slices));
    return std::shared_ptr<Run>(std::move(run));
  }

  void Loop() {
    for (;;) {
      std::optional<Job> work;
      std::vector<std::string> remove;
      std::vector<std::shared_ptr<Run>> discard;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] {
          return is_closing || next || !removals.empty() || !discarded.empty();
        });
        if (is_closing) return;
        work = std::exchange(next, std::nullopt);
        remove.swap(removals);
        discard.swap(discarded);
      }
      // One that cannot be removed now is, as any that nobody names, when the state is opened again.
      for (const std::string& blob : remove) (void)blobs->Remove(blob);
      discard.clear();
      if (!work) continue;
      absl::StatusOr<std::shared_ptr<Run>> made = Execute(*work);
      const std::lock_guard lock(mutex);
      result = std::move(made);
      changed.notify_all();
    }
  }
  void Begin() {
    if (!thread.joinable()) thread = std::thread([this] { Loop(); });
    changed.notify_all();
  }
};

RunBuilder::RunBuilder(BlobStore& blobs) : impl_(std::make_unique<Impl>()) { impl_->blobs = &blobs; }

RunBuilder::~RunBuilder() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->is_closing = true;
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
}

void RunBuilder::Build(Job job) {
  const std::lock_guard lock(impl_->mutex);
  impl_->next = std::move(job);
  impl_->is_busy = true;
  impl_->Begin();
}

void RunBuilder::Remove(std::string blob) {
  const std::lock_guard lock(impl_->mutex);
  impl_->removals.push_back(std::move(blob));
  impl_->Begin();
}

void RunBuilder::Discard(std::shared_ptr<Run> run) {
  const std::lock_guard lock(impl_->mutex);
  impl_->discarded.push_back(std::move(run));
  impl_->Begin();
}

bool RunBuilder::is_busy() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->is_busy;
}

std::optional<absl::StatusOr<std::shared_ptr<Run>>> RunBuilder::TakeResult() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->result) impl_->is_busy = false;
  return std::exchange(impl_->result, std::nullopt);
}

bool RunBuilder::WaitForResult(Duration longest) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, longest, [this] { return impl_->result.has_value(); });
}

}  // namespace rtstream
