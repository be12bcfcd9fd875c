#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/state/blob_store.h"

namespace rtstream {

// Blobs as files of a directory, by their names. A blob is written under its name; one that was not finished
// when the process ended is a file that no commit names.
class BlobDirectory final : public BlobStore {
 public:
  // Makes the directory if it is missing. Nobody else may write to it: there is no lock, since the state
  // that names the blobs has one.
  static absl::StatusOr<std::unique_ptr<BlobDirectory>> Make(std::string path);

  absl::StatusOr<std::unique_ptr<BlobWriter>> Create(const std::string& name) override;
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(const std::string& name) override;
  absl::Status Remove(const std::string& name) override;
  absl::StatusOr<std::vector<std::string>> List() override;

 private:
  explicit BlobDirectory(std::string path) : path_(std::move(path)) {}
  std::string PathOf(const std::string& name) const { return path_ + "/" + name; }

  std::string path_;
};

}  // namespace rtstream
