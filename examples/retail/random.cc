#include "examples/retail/random.h"

namespace retail {

ZipfSampler::ZipfSampler(uint64_t n, double exponent) : keep_(n), alias_(n) {
  double sum = 0;
  for (uint64_t i = 0; i < n; ++i) {
    keep_[i] = std::pow(static_cast<double>(i + 1), -exponent);
    sum += keep_[i];
  }
  // Scaled so that the mean is one: what an item lacks is filled up by one that has too much.
  std::vector<uint32_t> small, large;
  for (uint64_t i = 0; i < n; ++i) {
    keep_[i] *= static_cast<double>(n) / sum;
    (keep_[i] < 1.0 ? small : large).push_back(static_cast<uint32_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back(), rich = large.back();
    small.pop_back();
    alias_[poor] = rich;
    keep_[rich] -= 1.0 - keep_[poor];
    if (keep_[rich] < 1.0) {
      large.pop_back();
      small.push_back(rich);
    }
  }
  for (uint32_t i : small) keep_[i] = 1.0;
  for (uint32_t i : large) keep_[i] = 1.0;
}

}  // namespace retail
