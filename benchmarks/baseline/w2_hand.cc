#include <algorithm>
#include <vector>

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

  [[gnu::always_inline]] void Prefetch(uint64_t key) const { __builtin_prefetch(&slots_[Home(key)], 1); }
  [[gnu::always_inline]] void Add(uint64_t key, uint64_t amount) {
    if (key == 0) [[unlikely]] {
      sum_of_zero_ += amount;
      return;
    }
    size_t i = Home(key);
    while (slots_[i].key != key) [[unlikely]] {
      if (slots_[i].key == 0) {
        slots_[i].key = key;
        ++size_;
        break;
      }
      i = (i + 1) & (slot_count() - 1);
    }
    slots_[i].sum += amount;
  }
  bool is_full() const { return size_ > most_; }

  // Puts the sums above 0 at `out`, where size() + 2 fit, and makes them 0; returns how many.
  size_t Take(uint64_t window_us, WindowResult* out) {
    size_t n = 0;
    for (size_t i = 0; i < slot_count(); ++i) {
      out[n] = {window_us, slots_[i].key, slots_[i].sum};
      n += slots_[i].sum != 0 ? 1 : 0;
      slots_[i].sum = 0;
    }
    out[n] = {window_us, 0, sum_of_zero_};
    n += sum_of_zero_ != 0 ? 1 : 0;
    sum_of_zero_ = 0;
    return n;
  }
  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key, sum;
  };
  size_t slot_count() const { return size_t{1} << log_; }
  size_t Home(uint64_t key) const { return (key * factor_) >> (64 - log_); }

  int log_;
  uint64_t most_;
  // Multiply-shift with a random odd factor is universal (Dietzfelbinger and others, 1997).
  uint64_t factor_ = hand::RandomBits() | 1;
  rtstream::Pages pages_;
  Slot* slots_;
  size_t size_ = 0;
  uint64_t sum_of_zero_ = 0;
};

class W2Hand final : public Variant {
 public:
  W2Hand(absl::Span<const Tick> ticks, const RunSettings& settings)
      : ticks_(ticks), sums_(kW2Keys), results_(kW2Keys + kBatch + 2), output_(settings.is_verifying) {}

  absl::Status Run() override {
    for (absl::Span<const Tick> rest = ticks_; !rest.empty();) {
      const absl::Span<const Tick> batch = TakeBatch(rest, kBatch);
      if (IsInWindow(batch)) [[likely]] {
        AddBatch(batch);
      } else {
        for (const Tick& tick : batch) {
          if (tick.time_us - begin_us_ >= kW2Window) [[unlikely]] {
            Close();
            begin_us_ = tick.time_us / kW2Window * kW2Window;
          }
          sums_.Add(tick.key, tick.amount);
        }
      }
      if (sums_.is_full()) return absl::ResourceExhaustedError("too many keys: the table does not grow");
    }
    Close();
    return absl::OkStatus();
  }
  absl::StatusOr<Outcome> Finish() override { return output_.ToOutcome(ticks_.size()); }

 private:
  static constexpr size_t kBatch = 1024;
  static constexpr size_t kFarAhead = 64;

  // The highest bit says whether one lies before the window or behind it.
  bool IsInWindow(absl::Span<const Tick> batch) const {
    const uint64_t last = begin_us_ + kW2Window - 1;
    uint64_t outside = 0;
    for (const Tick& tick : batch) outside |= (tick.time_us - begin_us_) | (last - tick.time_us);
    return outside >> 63 == 0;
  }
  void AddBatch(absl::Span<const Tick> batch) {
    const size_t n = batch.size() > kFarAhead ? batch.size() - kFarAhead : 0;
    for (size_t i = 0; i < n; ++i) {
      sums_.Prefetch(batch[i + kFarAhead].key);
      sums_.Add(batch[i].key, batch[i].amount);
    }
    for (size_t i = n; i < batch.size(); ++i) sums_.Add(batch[i].key, batch[i].amount);
  }
  void Close() {
    const size_t n = sums_.Take(begin_us_, results_.data());
    output_.Write({results_.data(), n});
  }

  absl::Span<const Tick> ticks_;
  KeySums sums_;
  uint64_t begin_us_ = 0;
  std::vector<WindowResult> results_;
  WindowOutput output_;
};

}  // namespace

std::unique_ptr<Variant> MakeW2Hand(const Records<Tick>& ticks, const RunSettings& settings) {
  return std::make_unique<W2Hand>(ticks.span(), settings);
}

}  // namespace bench
