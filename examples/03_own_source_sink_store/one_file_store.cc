#include "one_file_store.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "rtstream/base/status_macros.h"
#include "rtstream/connectors/posix_file.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"

namespace rt = rtstream;

// A map as of one commit.
class OneFileStore::Reader final : public rt::StateReader {
 public:
  explicit Reader(std::shared_ptr<const Map> map) : map_(std::move(map)) {}

  absl::StatusOr<std::optional<rt::Versioned>> Get(std::string_view key) const override {
    const auto it = map_->find(key);
    if (it == map_->end()) return std::nullopt;
    return it->second;
  }
  absl::Status Scan(std::string_view prefix, Visitor visit) const override {
    for (auto it = map_->lower_bound(prefix); it != map_->end(); ++it) {
      if (!std::string_view(it->first).starts_with(prefix)) break;
      RTSTREAM_RETURN_IF_ERROR(visit(it->first, it->second.value));
    }
    return absl::OkStatus();
  }

 private:
  std::shared_ptr<const Map> map_;
};

absl::StatusOr<std::unique_ptr<OneFileStore>> OneFileStore::Open(std::string path) {
  std::unique_ptr<OneFileStore> store(new OneFileStore(std::move(path)));
  RTSTREAM_RETURN_IF_ERROR(store->Load());
  return store;
}

absl::Status OneFileStore::Apply(const rt::StateBatch& batch) {
  const std::lock_guard lock(mutex_);
  RTSTREAM_RETURN_IF_ERROR(state_);
  Map next = *map_;
  RTSTREAM_RETURN_IF_ERROR(Change(batch, next));
  // Whether a commit that failed is on the disk nobody knows: so nothing may follow it.
  RTSTREAM_RETURN_IF_ERROR(state_ = Save(next));
  map_ = std::make_shared<const Map>(std::move(next));
  return absl::OkStatus();
}

// All conditions first: one that does not hold stops the whole batch.
absl::Status OneFileStore::Change(const rt::StateBatch& batch, Map& map) {
  for (const rt::StateWrite& w : batch.writes()) {
    if (!w.expected_version) continue;
    const auto it = map.find(w.key);
    if ((it == map.end() ? 0 : it->second.version) != *w.expected_version) {
      return absl::AbortedError("a key has another version than expected");
    }
  }
  for (const rt::StateWrite& w : batch.writes()) {
    switch (w.kind) {
      case rt::StateWrite::Kind::kPut:
        map[w.key] = {w.value, w.version};
        break;
      case rt::StateWrite::Kind::kDelete:
        map.erase(w.key);
        break;
      case rt::StateWrite::Kind::kDeleteRange:
        if (w.key < w.value) map.erase(map.lower_bound(w.key), map.lower_bound(w.value));
        break;
    }
  }
  return absl::OkStatus();
}

// A file beside it, synced, then renamed, then the directory synced: at any moment the one or the other is
// there, whole.
absl::Status OneFileStore::Save(const Map& map) const {
  rt::ByteWriter out;
  for (const auto& [key, entry] : map) {
    out.String(key);
    out.String(entry.value);
    out.U64(entry.version);
  }
  std::string bytes = std::move(out).Take();
  rt::SealBlock(bytes);

  const std::string written = path_ + ".new";
  RTSTREAM_ASSIGN_OR_RETURN(const rt::UniqueFd fd, rt::OpenFile(written, O_WRONLY | O_CREAT | O_TRUNC));
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0) return rt::ErrnoStatus(errno, "write", written);
    done += static_cast<size_t>(n);
  }
  if (::fsync(fd.get()) != 0) return rt::ErrnoStatus(errno, "sync", written);
  if (std::rename(written.c_str(), path_.c_str()) != 0) return rt::ErrnoStatus(errno, "rename", written);
  const std::filesystem::path directory = std::filesystem::absolute(path_).parent_path();
  return rt::SyncDirectory(directory.string());
}

absl::Status OneFileStore::Load() {
  std::ifstream file(path_, std::ios::binary);
  if (!file) return absl::OkStatus();
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, rt::OpenBlock(bytes, path_));
  Map map;
  rt::ByteReader in(block);
  while (!in.done()) {
    std::string key(in.String());
    std::string value(in.String());
    map[std::move(key)] = {std::move(value), in.U64()};
  }
  if (!in.ok()) return absl::DataLossError("the file of the state is cut short");
  map_ = std::make_shared<const Map>(std::move(map));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const OneFileStore::Map>> OneFileStore::Current() const {
  const std::lock_guard lock(mutex_);
  RTSTREAM_RETURN_IF_ERROR(state_);
  return map_;
}

absl::StatusOr<std::optional<rt::Versioned>> OneFileStore::Get(std::string_view key) const {
  RTSTREAM_ASSIGN_OR_RETURN(const std::shared_ptr<const Map> map, Current());
  return Reader(map).Get(key);
}

absl::Status OneFileStore::Scan(std::string_view prefix, Visitor visit) const {
  RTSTREAM_ASSIGN_OR_RETURN(const std::shared_ptr<const Map> map, Current());
  return Reader(map).Scan(prefix, visit);
}

absl::StatusOr<std::unique_ptr<rt::StateReader>> OneFileStore::Snapshot() {
  RTSTREAM_ASSIGN_OR_RETURN(std::shared_ptr<const Map> map, Current());
  return std::make_unique<Reader>(std::move(map));
}

absl::Status OneFileStore::Close() {
  const std::lock_guard lock(mutex_);
  if (state_.ok()) state_ = absl::FailedPreconditionError("the state store is closed");
  return absl::OkStatus();
}
