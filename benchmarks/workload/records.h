#pragma once

#include <cstddef>
#include <type_traits>

#include "absl/types/span.h"
#include "rtstream/base/pages.h"

namespace bench {

// Fixed-size records in memory, in huge pages where the kernel has them.
template <typename T>
class Records {
 public:
  static_assert(std::is_trivially_copyable_v<T>);

  explicit Records(size_t size) : pages_(size * sizeof(T)), size_(size) {}

  size_t size() const { return size_; }
  T& operator[](size_t i) { return data()[i]; }
  absl::Span<const T> span() const { return {data(), size_}; }

 private:
  T* data() const { return reinterpret_cast<T*>(pages_.data()); }

  rtstream::Pages pages_;
  size_t size_;
};

// Up to `most` records from the front of `rest`, which is shortened by them.
template <typename T>
absl::Span<const T> TakeBatch(absl::Span<const T>& rest, size_t most) {
  const absl::Span<const T> batch = rest.first(rest.size() < most ? rest.size() : most);
  rest.remove_prefix(batch.size());
  return batch;
}

}  // namespace bench
