#include <emmintrin.h>

#include <algorithm>
#include <bit>

#include "benchmarks/baseline/hand_ad_counts.h"
#include "benchmarks/baseline/hand_bits.h"
#include "benchmarks/baseline/w3.h"
#include "benchmarks/workload/windows.h"

namespace bench {
namespace {

class W3HandColumns final : public Variant {
 public:
  W3HandColumns(const W3Input& input, const RunSettings& settings)
      : types_(input.types.span()), ads_(input.event_ads.span()), times_us_(input.times_us.span()),
        counts_(input.ads), output_(settings.is_verifying) {}

  absl::Status Run() override {
    for (size_t i = 0; i < types_.size(); i += kBatch) {
      const size_t n = std::min(kBatch, types_.size() - i);
      if (n == kBatch && IsInWindow(&times_us_[i])) [[likely]] {
        for (size_t k = 0; k < kBatch; k += 64) AddViews(Views(&types_[i + k]), &ads_[i + k]);
      } else {
        for (size_t k = i; k < i + n; ++k) AddOne(types_[k], ads_[k], times_us_[k]);
      }
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Outcome> Finish() override { return output_.ToOutcome(types_.size()); }

 private:
  static constexpr size_t kBatch = 1024;

  // Of a whole batch, two times at once.
  bool IsInWindow(const uint64_t* times_us) const {
    const __m128i begin = _mm_set1_epi64x(static_cast<int64_t>(begin_us_));
    const __m128i last = _mm_set1_epi64x(static_cast<int64_t>(begin_us_ + kW3Window - 1));
    __m128i outside = _mm_setzero_si128();
    for (size_t i = 0; i < kBatch; i += 2) {
      const __m128i times = hand::Load16(reinterpret_cast<const char*>(times_us + i));
      outside = _mm_or_si128(outside, _mm_or_si128(_mm_sub_epi64(times, begin),
                                                   _mm_sub_epi64(last, times)));
    }
    return _mm_movemask_pd(_mm_castsi128_pd(outside)) == 0;
  }
  // A bit for each view of 64 events.
  static uint64_t Views(const AdEventType* types) {
    const __m128i view = _mm_set1_epi8(static_cast<char>(AdEventType::kView));
    uint64_t views = 0;
    for (size_t i = 0; i < 64; i += 16) {
      const __m128i v = hand::Load16(reinterpret_cast<const char*>(types + i));
      const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, view)));
      views |= uint64_t{mask} << i;
    }
    return views;
  }
  [[gnu::always_inline]] void AddViews(uint64_t views, const uint32_t* ads) {
    for (; views != 0; views &= views - 1) counts_.Add(ads[std::countr_zero(views)]);
  }
  void AddOne(AdEventType type, uint32_t ad, uint64_t time_us) {
    if (time_us - begin_us_ >= kW3Window) [[unlikely]] {
      Close();
      begin_us_ = time_us / kW3Window * kW3Window;
    }
    if (type == AdEventType::kView) counts_.Add(ad);
  }
  void Close() { output_.Write(counts_.Take(begin_us_)); }

  absl::Span<const AdEventType> types_;
  absl::Span<const uint32_t> ads_;
  absl::Span<const uint64_t> times_us_;
  hand::AdCounts counts_;
  uint64_t begin_us_ = 0;
  WindowOutput output_;
};

}  // namespace

std::unique_ptr<Variant> MakeW3HandColumns(const W3Input& input, const RunSettings& settings) {
  return std::make_unique<W3HandColumns>(input, settings);
}

}  // namespace bench
