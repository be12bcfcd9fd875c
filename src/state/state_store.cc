#include "rtstream/state/state_store.h"

#include <iterator>
#include <utility>

#include "rtstream/base/status_macros.h"

namespace rtstream {

void StateBatch::Put(std::string key, std::string value, uint64_t version) {
  bytes_ += key.size() + value.size();
  writes_.push_back(
      {StateWrite::Kind::kPut, std::move(key), std::move(value), version, std::nullopt});
}

void StateBatch::PutIf(std::string key, std::string value, uint64_t expected_version) {
  bytes_ += key.size() + value.size();
  writes_.push_back({StateWrite::Kind::kPut, std::move(key), std::move(value),
                     expected_version + 1, expected_version});
}

void StateBatch::Delete(std::string key) {
  bytes_ += key.size();
  writes_.push_back({StateWrite::Kind::kDelete, std::move(key), {}, 0, std::nullopt});
}

void StateBatch::DeleteRange(std::string begin, std::string end) {
  bytes_ += begin.size() + end.size();
  writes_.push_back(
      {StateWrite::Kind::kDeleteRange, std::move(begin), std::move(end), 0, std::nullopt});
}

void StateBatch::Append(StateBatch other) {
  bytes_ += other.bytes_;
  if (writes_.empty()) {
    writes_ = std::move(other.writes_);
    return;
  }
  writes_.insert(writes_.end(), std::make_move_iterator(other.writes_.begin()),
                 std::make_move_iterator(other.writes_.end()));
}

void StateBatch::Clear() {
  writes_.clear();
  bytes_ = 0;
}

absl::StatusOr<std::vector<std::optional<Versioned>>> StateReader::MultiGet(
    absl::Span<const std::string> keys) const {
  std::vector<std::optional<Versioned>> found;
  found.reserve(keys.size());
  for (const std::string& key : keys) {
    RTSTREAM_ASSIGN_OR_RETURN(std::optional<Versioned> value, Get(key));
    found.push_back(std::move(value));
  }
  return found;
}

}  // namespace rtstream
