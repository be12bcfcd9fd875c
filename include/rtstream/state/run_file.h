#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/pages.h"
#include "rtstream/state/blob_store.h"
#include "rtstream/state/key_index.h"
#include "rtstream/state/run_filter.h"

namespace rtstream {

// What a commit stores of a run: which blob it is, what it holds and where.
struct RunMeta {
  // What it holds of a slice.
  struct Part {
    uint32_t slice = 0;        // below kSlices
    uint64_t ids = 0;          // how many
    uint64_t first_block = 0;  // where its blocks begin
    uint64_t blocks = 0;       // how many there are
    uint64_t first_line = 0;   // where its lines of the filter begin
    uint64_t lines = 0;        // how many there are
    uint64_t checksum = 0;     // of its filter and fences
  };
  std::string blob;         // its name in the blob store
  int64_t bucket = 0;       // whose ids it holds
  uint64_t epoch = 0;       // the ids of the bucket that were stored until then
  uint32_t id_bytes = 0;    // 16, or 8 of fingerprints
  uint64_t filter_at = 0;   // where the filter lines begin in the blob
  uint64_t fences_at = 0;   // and the fences, which end it
  std::vector<Part> parts;  // by ascending slice; slices without ids have none

  uint64_t slices() const;     // a bit for each slice that has ids
  uint64_t ids() const;        // of all slices
  std::string Encode() const;  // as a commit stores it
  // DataLoss: the bytes are damaged.
  static absl::StatusOr<RunMeta> Decode(std::string_view bytes);
};

// The hashes of a bucket's ids on disk, sorted by slice and hash, and immutable:
//
//   blocks of 4 KiB (ids of 16 or 8 bytes, how many, the block's number, a checksum); each slice begins one
//   filter lines (RunFilter)
//   fences: the upper half of each block's first hash
//
// Filter and fences are in memory, some 12.2 bits an id and less than 100 bytes a slice. Thread-safe but for
// ReadNext().
class Run {
 public:
  static constexpr size_t kBlock = 4096;   // bytes of a block, the end included
  static constexpr size_t kBlockEnd = 16;  // bytes behind the ids

  // Loads filter and fences of the slices whose bits are set. DataLoss: they are damaged, or the blob is
  // missing.
  static absl::StatusOr<std::unique_ptr<Run>> Open(BlobStore& blobs, RunMeta meta, uint64_t slices);

  const RunMeta& meta() const { return meta_; }  // as it was opened with
  // Ids of the slices that were loaded.
  uint64_t ids() const { return ids_; }
  // Bytes of filters and fences.
  size_t memory() const { return filter_.size() + fences_.capacity() * sizeof(uint32_t); }

  // The filter of each slice; empty if it has no ids, or was not loaded.
  const RunFilter* filters() const { return filters_.data(); }
  // The blocks in which a hash can be: nearly always one.
  struct Blocks {
    uint64_t first = 0;  // by their number in the run
    uint64_t last = 0;   // included
  };
  // REQUIRES: the slice's filter is not empty.
  Blocks BlocksOf(uint32_t slice, const Word128& hash) const;
  // Whether the hash is there, if its block can be had without waiting; nullopt: it cannot. DataLoss: it is
  // damaged.
  absl::StatusOr<std::optional<bool>> TryContains(Blocks blocks, const Word128& hash) const;
  // Has the blocks fetched.
  void WillNeed(Blocks blocks) const;
  // Whether the hash is there; reads the blocks.
  absl::StatusOr<bool> Contains(Blocks blocks, const Word128& hash) const;

  // Reads a part's hashes from the first on, many at a time.
  class Cursor {
   public:
    Cursor(const Run& run, const RunMeta::Part& part);  // `run` and `part` must outlive the cursor
    // The next hash; null at the end.
    absl::StatusOr<const Word128*> Next();

   private:
    const Run* run_;
    uint64_t block_, end_;
    std::string buffer_;
    std::vector<Word128> hashes_;
    size_t at_ = 0;
  };

 private:
  Run() = default;
  absl::StatusOr<bool> IsInBlock(const char* block, uint64_t number, const Word128& hash) const;
  absl::Status CheckBlock(const char* block, uint64_t number) const;
  Word128 HashAt(const char* block, size_t i) const;
  size_t per_block() const { return (kBlock - kBlockEnd) / meta_.id_bytes; }

  RunMeta meta_;
  uint64_t ids_ = 0;
  std::unique_ptr<BlobReader> blob_;
  Pages filter_;
  std::vector<uint32_t> fences_;
  std::array<RunFilter, kSlices> filters_;
  struct Fences {
    size_t begin = 0, end = 0;  // in fences_
    uint64_t first_block = 0;
  };
  std::array<Fences, kSlices> slice_fences_;
};

// Writes a run. Call BeginSlice in ascending order, then Add in ascending order of hashes, then Finish.
class RunWriter {
 public:
  // `ids`: about how many will be added, for memory.
  static absl::StatusOr<std::unique_ptr<RunWriter>> Create(BlobStore& blobs, std::string blob,
                                                           uint32_t id_bytes, uint64_t ids);
  // `ids`: how many the slice will have, at most.
  absl::Status BeginSlice(uint32_t slice, uint64_t ids);
  absl::Status Add(const Word128& hash);  // REQUIRES: behind the last hash of the slice
  // Durable. The meta lacks bucket and epoch.
  absl::StatusOr<RunMeta> Finish();

 private:
  RunWriter() = default;
  absl::Status EndSlice();
  absl::Status EndBlock();
  void EndLinesBefore(uint64_t line);

  RunMeta meta_;
  std::unique_ptr<BlobWriter> blob_;
  std::string block_, out_;
  uint64_t blocks_ = 0;
  uint32_t in_block_ = 0;
  std::vector<FilterLine> lines_;
  std::vector<uint32_t> fences_;
  std::vector<uint32_t> line_;  // hashes of the filter line being filled
  uint64_t slice_lines_ = 0, line_number_ = 0;
};

}  // namespace rtstream
