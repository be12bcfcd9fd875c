#include "benchmarks/runner/allocations.h"

#include <cstddef>
#include <cstdlib>
#include <new>

// Replaces the global operator new by one that counts.

namespace {
thread_local uint64_t count = 0;

void* Allocate(size_t size, size_t alignment) {
  ++count;
  void* const p = alignment <= alignof(std::max_align_t)
                      ? std::malloc(size)
                      : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
}  // namespace

void* operator new(size_t size) { return Allocate(size == 0 ? 1 : size, 0); }
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size == 0 ? 1 : size, static_cast<size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }

namespace bench {
uint64_t Allocations() { return count; }
}  // namespace bench
