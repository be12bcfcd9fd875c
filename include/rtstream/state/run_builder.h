#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/time.h"
#include "rtstream/state/blob_store.h"
#include "rtstream/state/id_log.h"
#include "rtstream/state/run_file.h"

namespace rtstream {

// Makes runs in a thread of its own, one at a time: of ids in memory, or of several runs one. It also removes
// blobs, since that can take as long as the disk wants.
//
// Used by one thread, the lane's; the thread begins with the first job and ends with the object.
class RunBuilder {
 public:
  // What a run is made of.
  struct Job {
    std::string blob;        // its name
    int64_t bucket = 0;      // whose ids they are
    uint64_t epoch = 0;      // the last that stored any of them
    uint64_t slices = 0;     // to be loaded of the run
    uint32_t id_bytes = 16;  // 8: fingerprints
    // Either chunks of numbers with all their tags, which stay as they are until the result is taken,
    std::vector<const IdLog::Chunk*> chunks;
    // or runs of the bucket.
    std::vector<std::shared_ptr<Run>> runs;
  };
  // `blobs` must outlive the builder.
  explicit RunBuilder(BlobStore& blobs);
  ~RunBuilder();  // leaves what it is at

  // REQUIRES: !is_busy().
  void Build(Job job);
  // By the thread, later; a blob that stays is removed when the state is opened again.
  void Remove(std::string blob);
  // Lets go of a run: to give its memory back takes a while.
  void Discard(std::shared_ptr<Run> run);

  // From Build() until its result is taken.
  bool is_busy() const;
  // The run, or why there is none; nullopt: not yet, or nothing was asked for.
  std::optional<absl::StatusOr<std::shared_ptr<Run>>> TakeResult();
  // Waits until there is a result, or so long. True if there is one.
  bool WaitForResult(Duration longest) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rtstream
