#include "rtstream/base/hash.h"

#include <sys/random.h>

#include <chrono>
#include <cstring>

#include "wide_checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace rtstream {
namespace {

// Fills the secret from the kernel; where that fails, from what differs between processes.
void FillRandom(uint8_t* out, size_t n) {
  if (getrandom(out, n, GRND_NONBLOCK) == static_cast<ssize_t>(n)) return;
  const int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  for (size_t i = 0; i < n; i += 8) {
    const uint64_t parts[] = {static_cast<uint64_t>(now), i, reinterpret_cast<uintptr_t>(out)};
    const uint64_t word = XXH3_64bits(parts, sizeof parts);
    std::memcpy(out + i, &word, 8);
  }
}

// Less is not worth a call.
constexpr size_t kWideFrom = 1024;

// The widest that the processor has; null: none.
const internal::WideChecksum* Wide() {
#ifdef __x86_64__
  static const internal::WideChecksum* const wide =
      __builtin_cpu_supports("avx512f") ? &internal::kChecksumAvx512
      : __builtin_cpu_supports("avx2")  ? &internal::kChecksumAvx2
                                        : nullptr;
  return wide;
#else
  return nullptr;
#endif
}

}  // namespace

uint64_t StableHash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t Checksum(std::string_view bytes) {
  if (bytes.size() >= kWideFrom && Wide() != nullptr) return Wide()->checksum(bytes.data(), bytes.size());
  return XXH3_64bits(bytes.data(), bytes.size());
}

RollingChecksum::RollingChecksum() : state_(XXH3_createState()) { Reset(); }
RollingChecksum::~RollingChecksum() { XXH3_freeState(static_cast<XXH3_state_t*>(state_)); }
void RollingChecksum::Reset() { XXH3_64bits_reset(static_cast<XXH3_state_t*>(state_)); }
void RollingChecksum::Add(std::string_view bytes) {
  if (bytes.size() >= kWideFrom && Wide() != nullptr) return Wide()->add(state_, bytes.data(), bytes.size());
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), bytes.data(), bytes.size());
}
uint64_t RollingChecksum::value() const {
  return XXH3_64bits_digest(static_cast<const XXH3_state_t*>(state_));
}

SecretHash::SecretHash() { FillRandom(secret_.data(), secret_.size()); }

uint64_t SecretHash::operator()(std::string_view bytes) const {
  return XXH3_64bits_withSecret(bytes.data(), bytes.size(), secret_.data(), secret_.size());
}

SecretFold::SecretFold() {
  FillRandom(reinterpret_cast<uint8_t*>(secret_.data()), sizeof secret_);
  // A factor of few bits would leave most of the product empty.
  secret_[1] |= uint64_t{1} << 63 | 1;
  secret_[3] |= uint64_t{1} << 63 | 1;
}

SecretProduct::SecretProduct() {
  FillRandom(reinterpret_cast<uint8_t*>(&mask_), sizeof mask_);
  FillRandom(reinterpret_cast<uint8_t*>(&factor_), sizeof factor_);
  factor_ |= uint64_t{1} << 63 | 1;
}

}  // namespace rtstream
