#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rtstream {

// The ids of a batch as bytes, the first of which says their kind. A UUID in its canonical text takes 17
// bytes, other text one byte more than it has; different ids have different bytes.
class IdBatch {
 public:
  static constexpr char kText = '\0', kUuid = '\x01', kKey = '\x02';
  static constexpr size_t kUuidBytes = 16;  // behind the kind

  void Clear();
  void AddText(std::string_view id);
  template <typename Append>
  void AddKey(Append&& append) {
    bytes_.push_back(kKey);
    append(bytes_);
    ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  }

  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t i) const {
    const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }
  static bool IsUuid(std::string_view id) {
    return id.size() == 1 + kUuidBytes && id[0] == kUuid;
  }

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;
};

}  // namespace rtstream
