#include "rtstream/testing/simulation.h"

#include <algorithm>
#include <utility>

#include "rtstream/base/hash.h"
#include "rtstream/base/text.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/faulty_store.h"

namespace rtstream::testing {
namespace {

constexpr size_t kStoryLines = 40;
constexpr uint64_t kNoBudget = ~uint64_t{0};

uint64_t Mix(uint64_t a, uint64_t b) { return Random(a ^ (b * 0x9E3779B97F4A7C15u)).Next(); }

// Those that only say how a run goes, and can go on for ever.
bool IsHarmless(Fault fault) { return fault >= Fault::kPollEmpty; }

bool IsBefore(const Strike& a, const Strike& b) {
  return std::pair(a.fault, a.nth) < std::pair(b.fault, b.nth);
}

absl::Status Dead() { return absl::InternalError("the simulated process is dead"); }

}  // namespace

Simulation::Simulation(uint64_t seed, size_t max_records, const Rates& rates, uint64_t budget)
    : seed_(seed),
      max_records_(max_records),
      input_(Mix(seed, 1)),
      memory_(std::make_unique<MemoryStateStore>()),
      store_(std::make_unique<FaultyStore>(*this, *memory_)),
      rates_(rates),
      budget_(budget) {}

Simulation::Simulation(uint64_t seed, size_t max_records, std::vector<Strike> script)
    : Simulation(seed, max_records, Rates{}, kNoBudget) {
  script_ = std::move(script);
  std::sort(script_->begin(), script_->end(), IsBefore);
}

Simulation::~Simulation() = default;

void Simulation::AddOutput(std::string name, Delivery delivery,
                           std::function<std::vector<std::string>()> read) {
  outputs_.push_back({std::move(name), delivery, std::move(read)});
}

void Simulation::Violate(std::string what) {
  Note(Concat("VIOLATION: ", what));
  if (!violation_) violation_ = std::move(what);
  is_dead_ = true;
}

bool Simulation::Draw(Fault fault, uint64_t nth) {
  if (script_)
    return std::binary_search(script_->begin(), script_->end(), Strike{fault, nth}, IsBefore);
  const double rate = rates_[static_cast<size_t>(fault)];
  if (rate == 0) return false;
  return Random(Mix(Mix(seed_, 2 + static_cast<uint64_t>(fault)), nth)).Chance(rate);
}

bool Simulation::Strikes(Fault fault) {
  const uint64_t nth = chances_[static_cast<size_t>(fault)]++;
  if (!IsHarmless(fault) && spent_ >= budget_) return false;
  if (!Draw(fault, nth)) return false;
  if (!IsHarmless(fault)) {
    ++spent_;
    has_failed_ = true;
    has_damaged_ |= fault == Fault::kStoreBitFlip;
  }
  strikes_.push_back({fault, nth});
  Note(NameOf(fault));
  return true;
}

uint64_t Simulation::Amount(Fault fault, uint64_t bound) const {
  const auto index = static_cast<uint64_t>(fault);
  return Random(Mix(Mix(seed_, 1000 + index), chances_[index])).Below(bound);
}

bool Simulation::IsDiskFull() {
  if (full_calls_ > 0) {
    has_failed_ = true;
    return --full_calls_, true;
  }
  if (!Strikes(Fault::kDiskFull)) return false;
  full_calls_ = static_cast<int>(Amount(Fault::kDiskFull, 20));
  return true;
}

bool Simulation::IsOutboxDown() {
  if (down_calls_ > 0) {
    has_failed_ = true;
    return --down_calls_, true;
  }
  if (!Strikes(Fault::kOutboxDown)) return false;
  down_calls_ = 8 + static_cast<int>(Amount(Fault::kOutboxDown, 40));
  return true;
}

absl::Status Simulation::Call(std::string_view site, std::optional<Fault> fails,
                              absl::FunctionRef<absl::Status()> effect, absl::StatusCode code) {
  if (is_dead_) return Dead();
  const Fault before = is_recovering_ ? Fault::kCrashInRecovery : Fault::kCrashBeforeCall;
  if (Strikes(before)) return Die(), Dead();
  if (fails && Strikes(*fails)) {
    Note(Concat(site, " fails"));
    return absl::Status(code, Concat(site, ": the simulation has this call fail"));
  }
  absl::Status status = effect();
  Note(Concat(site, status.ok() ? "" : ": ",
              status.ok() ? "" : absl::StatusCodeToString(status.code())));
  if (is_dead_) return Dead();  // the effect was a violation
  if (Strikes(is_recovering_ ? Fault::kCrashInRecovery : Fault::kCrashAfterCall))
    return Die(), Dead();
  return status;
}

void Simulation::Trace(std::string_view what) { trace_ = Mix(trace_, StableHash(what)); }

void Simulation::Note(std::string_view what) {
  Trace(what);
  if (story_.size() < kStoryLines) {
    story_.emplace_back(what);
  } else {
    story_[told_ % kStoryLines] = what;
  }
  ++told_;
}

std::vector<std::string> Simulation::Story() const {
  std::vector<std::string> lines = story_;
  const auto first = static_cast<std::ptrdiff_t>(told_ % kStoryLines);
  if (told_ > kStoryLines) std::rotate(lines.begin(), lines.begin() + first, lines.end());
  return lines;
}

void Simulation::BeginProcess() {
  if (violation_) return;
  Note("-- process begins");
  is_dead_ = false;
  is_recovering_ = true;
  // What was down or full before may still be.
  has_failed_ = full_calls_ > 0 || down_calls_ > 0;
  has_damaged_ = false;
}

void Simulation::Die() { is_dead_ = true; }

void Simulation::EndProcess() {
  if (violation_ || !is_dead_) return;
  if (!Strikes(Fault::kPowerLoss)) return;
  const bool is_torn = Strikes(Fault::kTornTail);
  for (const auto& lose : on_power_loss_) lose(is_torn);
}

}  // namespace rtstream::testing
