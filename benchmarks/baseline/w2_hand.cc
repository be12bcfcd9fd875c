#include <algorithm>
#include <array>

#include "benchmarks/baseline/hand_bits.h"
#include "benchmarks/baseline/w2.h"
#include "benchmarks/workload/windows.h"
#include "rtstream/base/pages.h"

namespace bench {
namespace {

// Sums by key that keep their places from window to window: a key that came once costs one look at one
// cache line ever after, and a window is emptied without a branch.
class KeySums {
 public:
  // For `keys` keys at a load of at most 0.4; one of them may be 0.
  explicit KeySums(uint64_t keys)
      : log_(hand::CeilLog2(keys * 5 / 2)), most_(keys), pages_(sizeof(Slot) * slot_count()),
        slots_(reinterpret_cast<Slot*>(pages_.data())) {
    std::fill_n(slots_, slot_count(), Slot{});
  }

  void Add(const Tick& tick) { At(tick.key, Home(tick.key)) += tick.amount; }
  // Adds at most kMost ticks of the window that begins at `begin_us`, in groups of kGroup, until one holds
  // others or fewer than kFarAhead follow it; returns how many.
  size_t AddWhileIn(uint64_t begin_us, absl::Span<const Tick> ticks) {
    const uint64_t last_us = begin_us + kW2Window - 1;
    const uint64_t factor = factor_;  // in registers: what is written below could be these
    const int shift = 65 - log_;
    Slot* const slots = slots_;
    size_t i = 0;
    for (; i < kMost && i + kGroup + kFarAhead <= ticks.size(); i += kGroup) {
      const Tick* const group = &ticks[i];
      for (size_t at = 0; at < kGroup * sizeof(Tick); at += 64) {
        __builtin_prefetch(reinterpret_cast<const char*>(group) + kPrefetch + at);
      }
      // The highest bit says whether one lies before the window or behind it.
      uint64_t outside = 0;
      for (size_t k = 0; k < kGroup; ++k) {
        outside |= (group[k].time_us - begin_us) | (last_us - group[k].time_us);
      }
      if (outside >> 63 != 0) [[unlikely]] break;
      for (size_t k = 0; k < kGroup; ++k) {
        __builtin_prefetch(&slots[(group[k + kFarAhead].key * factor) >> shift << 1], 1);
        const uint64_t key = group[k].key;
        const size_t home = (key * factor) >> shift << 1;
        // Of the pair the first or the second, without a branch.
        Slot& slot = slots[home + (slots[home].key != key ? 1 : 0)];
        if (slot.key == key && key != 0) [[likely]] {
          slot.sum += group[k].amount;
        } else {
          At(key, home) += group[k].amount;
        }
      }
    }
    return i;
  }
  bool is_full() const { return size_ > most_; }

  // Gives out the sums above 0, a piece at a time that stays in the cache, and makes them 0.
  void Take(uint64_t window_us, WindowOutput& output) {
    constexpr size_t kSlotsAhead = kPrefetch / sizeof(Slot);
    size_t n = 0;
    for (size_t i = 0; i < slot_count(); i += kPiece) {
      for (size_t k = i; k < i + kPiece; k += 64 / sizeof(Slot)) {
        __builtin_prefetch(&slots_[k + kSlotsAhead], 1);
        for (size_t l = k; l < k + 64 / sizeof(Slot); ++l) {
          results_[n] = {window_us, slots_[l].key, slots_[l].sum};
          n += slots_[l].sum != 0 ? 1 : 0;
          slots_[l].sum = 0;
        }
      }
      output.Write({results_.data(), n});
      n = 0;
    }
    if (sum_of_zero_ == 0) return;
    results_[0] = {window_us, 0, sum_of_zero_};
    sum_of_zero_ = 0;
    output.Write({results_.data(), 1});
  }

  static constexpr size_t kGroup = 16;  // ticks: six cache lines
  static constexpr size_t kMost = 1024 * kGroup;

 private:
  struct Slot {
    uint64_t key, sum;
  };
  static constexpr size_t kPiece = 1024;     // slots
  static constexpr size_t kFarAhead = 64;    // ticks
  static constexpr size_t kPrefetch = 4096;  // bytes: the hardware does not look beyond a small page

  // The key's sum.
  [[gnu::noinline]] uint64_t& At(uint64_t key, size_t home) {
    if (key == 0) return sum_of_zero_;
    size_t i = home;
    for (; slots_[i].key != key; i = (i + 1) & (slot_count() - 1)) {
      if (slots_[i].key != 0) continue;
      slots_[i].key = key;
      ++size_;
      break;
    }
    return slots_[i].sum;
  }
  size_t slot_count() const { return size_t{1} << log_; }
  // The first of a pair.
  size_t Home(uint64_t key) const { return (key * factor_) >> (65 - log_) << 1; }

  int log_;
  uint64_t most_;
  // Multiply-shift with a random odd factor is universal (Dietzfelbinger and others, 1997).
  uint64_t factor_ = hand::RandomBits() | 1;
  rtstream::Pages pages_;
  Slot* slots_;
  size_t size_ = 0;
  uint64_t sum_of_zero_ = 0;
  std::array<WindowResult, kPiece + 1> results_;
};

class W2Hand final : public Variant {
 public:
  W2Hand(absl::Span<const Tick> ticks, const RunSettings& settings)
      : ticks_(ticks), sums_(kW2Keys), output_(settings.is_verifying) {}

  absl::Status Run() override {
    for (absl::Span<const Tick> rest = ticks_; !rest.empty();) {
      rest.remove_prefix(sums_.AddWhileIn(begin_us_, rest));
      for (const Tick& tick : TakeBatch(rest, KeySums::kGroup)) {
        if (tick.time_us - begin_us_ >= kW2Window) [[unlikely]] {
          Close();
          begin_us_ = tick.time_us / kW2Window * kW2Window;
        }
        sums_.Add(tick);
      }
      if (sums_.is_full()) return absl::ResourceExhaustedError("too many keys: the table does not grow");
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Outcome> Finish() override { return output_.ToOutcome(ticks_.size()); }

 private:
  void Close() { sums_.Take(begin_us_, output_); }

  absl::Span<const Tick> ticks_;
  KeySums sums_;
  uint64_t begin_us_ = 0;
  WindowOutput output_;
};

}  // namespace

std::unique_ptr<Variant> MakeW2Hand(const Records<Tick>& ticks, const RunSettings& settings) {
  return std::make_unique<W2Hand>(ticks.span(), settings);
}

}  // namespace bench
