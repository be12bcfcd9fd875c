#include "rtstream/testing/allocations.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

// Linked into programs that ask for the counts, and only there, since it replaces operator new.

namespace {

thread_local uint64_t of_thread = 0;
std::atomic<uint64_t> of_process{0};

void* Allocate(size_t size, size_t alignment) noexcept {
  ++of_thread;
  of_process.fetch_add(1, std::memory_order_relaxed);
  if (size == 0) size = 1;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* AllocateOrThrow(size_t size, size_t alignment) {
  void* const p = Allocate(size, alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

// The forms for arrays call these.
void* operator new(size_t size) { return AllocateOrThrow(size, 0); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Allocate(size, 0); }
void* operator new(size_t size, std::align_val_t alignment) {
  return AllocateOrThrow(size, static_cast<size_t>(alignment));
}
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return Allocate(size, static_cast<size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }

namespace rtstream::testing {

uint64_t AllocationsOfThread() { return of_thread; }
uint64_t AllocationsOfProcess() { return of_process.load(std::memory_order_relaxed); }

}  // namespace rtstream::testing
