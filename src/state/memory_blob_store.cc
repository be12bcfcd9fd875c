#include "rtstream/state/memory_blob_store.h"

#include <cstring>
#include <utility>

#include "rtstream/base/text.h"

namespace rtstream {

class [[gnu::visibility("hidden")]] MemoryBlobStore::Writer final : public BlobWriter {
 public:
  Writer(MemoryBlobStore& store, std::shared_ptr<std::string> blob)
      : store_(&store), blob_(std::move(blob)) {}
  absl::Status Append(std::string_view bytes) override {
    const uint64_t used = store_->bytes();
    const std::lock_guard lock(store_->mutex_);
    if (used + bytes.size() > store_->capacity_) {
      return absl::ResourceExhaustedError(
          Concat("cannot write ", bytes.size(), " bytes: ", used, " of ", store_->capacity_, " are used"));
    }
    blob_->append(bytes);
    return absl::OkStatus();
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  MemoryBlobStore* store_;
  std::shared_ptr<std::string> blob_;
};

class [[gnu::visibility("hidden")]] MemoryBlobStore::Reader final : public BlobReader {
 public:
  Reader(MemoryBlobStore& store, std::shared_ptr<std::string> blob)
      : store_(&store), blob_(std::move(blob)) {}
  absl::Status Read(uint64_t offset, size_t size, char* out) const override {
    const std::lock_guard lock(store_->mutex_);
    if (offset > blob_->size() || size > blob_->size() - offset) {
      return absl::DataLossError(
          Concat("want ", size, " bytes at ", offset, ", the blob has ", blob_->size()));
    }
    std::memcpy(out, blob_->data() + offset, size);
    return absl::OkStatus();
  }
  void WillNeed(uint64_t, size_t) const override {}

 private:
  MemoryBlobStore* store_;
  std::shared_ptr<std::string> blob_;
};

absl::StatusOr<std::unique_ptr<BlobWriter>> MemoryBlobStore::Create(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto blob = std::make_shared<std::string>();
  blobs_[name] = blob;
  return std::unique_ptr<BlobWriter>(new Writer(*this, std::move(blob)));
}

absl::StatusOr<std::unique_ptr<BlobReader>> MemoryBlobStore::Open(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto it = blobs_.find(name);
  if (it == blobs_.end()) return absl::NotFoundError(Concat("there is no blob ", name));
  return std::unique_ptr<BlobReader>(new Reader(*this, it->second));
}

absl::Status MemoryBlobStore::Remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  blobs_.erase(name);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MemoryBlobStore::List() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, blob] : blobs_) names.push_back(name);
  return names;
}

uint64_t MemoryBlobStore::bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const auto& [name, blob] : blobs_) bytes += blob->size();
  return bytes;
}

void MemoryBlobStore::set_capacity(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void MemoryBlobStore::Damage(const std::string& name, uint64_t at) {
  const std::lock_guard lock(mutex_);
  (*blobs_.at(name))[at] ^= 1;
}

}  // namespace rtstream
