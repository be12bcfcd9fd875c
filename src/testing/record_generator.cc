#include "rtstream/testing/record_generator.h"

#include <algorithm>
#include <cmath>

namespace rtstream::testing {

DraftGenerator::DraftGenerator(const GeneratorOptions& options)
    : options_(options), random_(options.seed), now_(options.start) {
  options_.keys = std::max<size_t>(options_.keys, 1);
  options_.duplicate_reach = std::max<size_t>(options_.duplicate_reach, 1);
  weights_.reserve(options_.keys);
  double sum = 0;
  for (size_t k = 0; k < options_.keys; ++k) {
    sum += std::pow(static_cast<double>(k + 1), -options_.skew);
    weights_.push_back(sum);
  }
}

size_t DraftGenerator::DrawCopy(size_t available) {
  if (!random_.Chance(options_.duplicates)) return 0;
  return 1 + random_.Below(available);
}

uint64_t DraftGenerator::DrawKey() {
  const double at = random_.Fraction() * weights_.back();
  const auto found = std::upper_bound(weights_.begin(), weights_.end(), at);
  return std::min(static_cast<uint64_t>(found - weights_.begin()),
                  static_cast<uint64_t>(weights_.size() - 1));
}

RecordDraft DraftGenerator::Draw() {
  RecordDraft draft;
  if (burst_left_ > 0) {
    --burst_left_;
    draft = last_;
  } else {
    now_ = SaturatingAdd(
        now_, Duration(random_.Between(0, std::max<int64_t>(0, 2 * options_.spacing.count()))));
    draft.key = DrawKey();
    draft.event_time = now_;
    if (options_.burst_length > 1 && random_.Chance(options_.bursts)) {
      burst_left_ = options_.burst_length - 1;
    }
    last_ = draft;
  }
  draft.number = number_++;
  if (random_.Chance(options_.late)) {
    draft.event_time = SaturatingSubtract(
        draft.event_time, Duration(random_.Between(0, std::max<int64_t>(0, options_.max_late.count()))));
  }
  draft.is_invalid = random_.Chance(options_.invalid);
  return draft;
}

}  // namespace rtstream::testing
