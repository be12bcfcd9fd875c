#include "rtstream/state/claim_runs.h"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "rtstream/base/status_macros.h"

namespace rtstream {
namespace {

uint32_t FirstOf(uint64_t slices) { return static_cast<uint32_t>(std::countr_zero(slices)); }

// Blobs of lanes are told apart by the first slice that a lane owns.
std::string LanePrefix(std::string scope, uint32_t first_slice) {
  std::replace(scope.begin(), scope.end(), '/', '.');
  return Concat(scope, OrderedHex(first_slice).substr(14), "-");
}

}  // namespace

std::string ClaimRuns::KeyOf(const RunMeta& meta) {
  return Concat("r/", OrderedHex(static_cast<uint64_t>(meta.bucket) ^ uint64_t{1} << 63), "/", meta.blob);
}

absl::Status ClaimRuns::Look(absl::Span<const Word128> hashes, absl::Span<const uint8_t> slices,
                             std::vector<int64_t>& buckets) {
  buckets.assign(hashes.size(), kNowhere);
  hits_.clear();
  const auto slice_of = [&](size_t i) { return slices.empty() ? 0u : slices[i]; };
  for (const Named& named : runs_) {
    possible_.clear();
    RunFilter::FindPossible(named.run->filters(), hashes.data(), slices.empty() ? nullptr : slices.data(),
                            hashes.size(), possible_);
    const Run& run = *named.run;
    for (const uint32_t i : possible_) {
      const Run::Blocks blocks = run.BlocksOf(slice_of(i), hashes[i]);
      RTSTREAM_ASSIGN_OR_RETURN(const std::optional<bool> is_there, run.TryContains(blocks, hashes[i]));
      if (is_there) {
        Found(run, *is_there, buckets[i]);
      } else {
        hits_.push_back({i, &run, blocks});
      }
    }
  }
  // The rest at once, as far as the disk can.
  for (const Hit& hit : hits_) hit.run->WillNeed(hit.blocks);
  for (const Hit& hit : hits_) {
    RTSTREAM_ASSIGN_OR_RETURN(const bool is_there, hit.run->Contains(hit.blocks, hashes[hit.index]));
    Found(*hit.run, is_there, buckets[hit.index]);
  }
  return absl::OkStatus();
}

void ClaimRuns::Found(const Run& run, bool is_there, int64_t& bucket) {
  ++reads_;
  if (is_there) {
    bucket = std::max(bucket, run.meta().bucket);
  } else {
    ++vain_reads_;
  }
}

uint64_t ClaimRuns::ids() const {
  uint64_t n = 0;
  for (const Named& named : runs_) n += named.run->ids();
  return n;
}

size_t ClaimRuns::memory() const {
  size_t bytes = 0;
  for (const Named& named : runs_) bytes += named.run->memory();
  return bytes;
}

void ClaimRuns::Drop(Named& named) {
  // Of a run that lanes share, the name and the blob go by who owns its first slice.
  const uint64_t all = named.run->meta().slices();
  if ((slices_ >> std::countr_zero(all) & 1) != 0) {
    dropped_.emplace_back(KeyOf(named.run->meta()), named.run->meta().blob);
  }
  builder_.Discard(std::move(named.run));
}

void ClaimRuns::Expire(absl::FunctionRef<bool(int64_t bucket)> is_live) {
  while (!runs_.empty() && !is_live(runs_.front().run->meta().bucket)) {
    Drop(runs_.front());
    runs_.erase(runs_.begin());
  }
}

std::string ClaimRuns::NewName(int64_t bucket) {
  return Concat(prefix_, OrderedHex(static_cast<uint64_t>(bucket) ^ uint64_t{1} << 63), "-",
                OrderedHex(++names_));
}

void ClaimRuns::Build(int64_t bucket, uint64_t epoch, std::vector<const IdLog::Chunk*> chunks) {
  RunBuilder::Job job;
  job.blob = NewName(bucket);
  job.bucket = bucket;
  job.epoch = epoch;
  job.slices = slices_;
  job.id_bytes = id_bytes_;
  job.chunks = std::move(chunks);
  is_building_ids_ = true;
  building_bucket_ = bucket;
  builder_.Build(std::move(job));
}

void ClaimRuns::MergeIfDue(size_t most, int64_t first_open) {
  for (size_t begin = 0; begin < runs_.size();) {
    const int64_t bucket = runs_[begin].run->meta().bucket;
    RunBuilder::Job job;
    for (; begin < runs_.size() && runs_[begin].run->meta().bucket == bucket; ++begin) {
      if (!runs_[begin].is_shared) job.runs.push_back(runs_[begin].run);
    }
    if (job.runs.size() < 2 || (job.runs.size() < most && bucket >= first_open)) continue;
    job.blob = NewName(bucket);
    job.bucket = bucket;
    for (const std::shared_ptr<Run>& run : job.runs) job.epoch = std::max(job.epoch, run->meta().epoch);
    job.slices = slices_;
    job.id_bytes = id_bytes_;
    merging_ = job.runs;
    builder_.Build(std::move(job));
    return;
  }
}

absl::StatusOr<std::optional<ClaimRuns::Built>> ClaimRuns::Commit(
    CheckpointWriter& out, absl::FunctionRef<bool(int64_t bucket)> is_live) {
  if (prefix_.empty()) prefix_ = LanePrefix(out.Key(""), FirstOf(slices_));
  std::optional<Built> built;
  if (auto result = builder_.TakeResult()) {
    if (!result->ok()) {
      return absl::Status(result->status().code(),
                          Concat("cannot move ids to disk: ", MessageOf(result->status())));
    }
    std::shared_ptr<Run> run = **std::move(result);
    const bool is_dropped = !is_live(run->meta().bucket);
    if (is_building_ids_) built = Built{run->meta().bucket, run->meta().epoch, is_dropped};
    // What became one run is un-named in the commit that names it.
    for (const std::shared_ptr<Run>& merged : merging_) {
      auto at = std::find_if(runs_.begin(), runs_.end(), [&](const Named& n) { return n.run == merged; });
      if (at == runs_.end()) continue;  // forgotten meanwhile
      Drop(*at);
      runs_.erase(at);
    }
    if (is_dropped) {
      builder_.Remove(run->meta().blob);
      builder_.Discard(std::move(run));
    } else {
      std::string meta = run->meta().Encode();
      SealBlock(meta);
      out.batch().Put(out.Key(KeyOf(run->meta())), std::move(meta));
      auto at = std::upper_bound(runs_.begin(), runs_.end(), run->meta().bucket,
                                 [](int64_t b, const Named& n) { return b < n.run->meta().bucket; });
      runs_.insert(at, {std::move(run)});
    }
    is_building_ids_ = false;
    merging_.clear();
  }
  // When epoch n is cut, epoch n - 2 is durable: a commit is handed over when the one before is.
  for (std::string& blob : removable_[1]) builder_.Remove(std::move(blob));
  removable_[1] = std::exchange(removable_[0], {});
  for (auto& [key, blob] : dropped_) {
    out.batch().Delete(out.Key(key));
    removable_[0].push_back(std::move(blob));
  }
  dropped_.clear();
  return built;
}

absl::Status ClaimRuns::Restore(const CheckpointReader& in, uint64_t slices) {
  slices_ = slices;
  const std::string scope = in.Key("");
  prefix_ = LanePrefix(scope, FirstOf(slices));
  std::set<std::string> named;
  RTSTREAM_RETURN_IF_ERROR(in.store().Scan(
      in.Key("r/"), [&](std::string_view key, std::string_view value) -> absl::Status {
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view bytes, OpenBlock(value, key));
        RTSTREAM_ASSIGN_OR_RETURN(RunMeta meta, RunMeta::Decode(bytes));
        named.insert(meta.blob);
        if (meta.id_bytes != id_bytes_) {
          return absl::FailedPreconditionError(
              Concat("a run has ids of ", meta.id_bytes, " bytes, want ", id_bytes_));
        }
        if ((meta.slices() & slices) == 0) return absl::OkStatus();
        for (const RunMeta::Part& part : meta.parts) {
          uint64_t& until = covered_[{meta.bucket, part.slice}];
          until = std::max(until, meta.epoch);
        }
        const bool is_shared = (meta.slices() & ~slices) != 0;
        RTSTREAM_ASSIGN_OR_RETURN(std::unique_ptr<Run> run, Run::Open(*blobs_, std::move(meta), slices));
        runs_.push_back({std::move(run), is_shared});
        return absl::OkStatus();
      }));
  std::stable_sort(runs_.begin(), runs_.end(), [](const Named& a, const Named& b) {
    return a.run->meta().bucket < b.run->meta().bucket;
  });
  // What no commit names was being built or removed when the process ended.
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<std::string> blobs, blobs_->List());
  for (const std::string& blob : blobs) {
    if (named.contains(blob)) {
      // New names come behind those that are there.
      uint64_t number = 0;
      if (blob.size() > 16 && absl::SimpleHexAtoi(blob.substr(blob.size() - 16), &number)) {
        names_ = std::max(names_, number);
      }
      continue;
    }
    for (uint64_t left = slices; left != 0; left &= left - 1) {
      if (!blob.starts_with(LanePrefix(scope, FirstOf(left)))) continue;
      RTSTREAM_RETURN_IF_ERROR(blobs_->Remove(blob));
      break;
    }
  }
  return absl::OkStatus();
}

uint64_t ClaimRuns::CoveredUntil(int64_t bucket, uint32_t slice) const {
  auto it = covered_.find({bucket, slice});
  return it == covered_.end() ? 0 : it->second;
}

}  // namespace rtstream
