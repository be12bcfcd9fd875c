#include "benchmarks/baseline/w2.h"
#include "benchmarks/baseline/w2_sums.h"
#include "benchmarks/workload/windows.h"

namespace bench {
namespace {

class W2Plain final : public Variant {
 public:
  W2Plain(absl::Span<const Tick> ticks, const RunSettings& settings)
      : ticks_(ticks), output_(settings.is_verifying) {}

  absl::Status Run() override {
    sums_.Add(ticks_, [this](absl::Span<const WindowResult> results) { output_.Write(results); });
    return absl::OkStatus();
  }
  absl::StatusOr<Outcome> Finish() override { return output_.ToOutcome(ticks_.size()); }

 private:
  absl::Span<const Tick> ticks_;
  W2Sums sums_;
  WindowOutput output_;
};

}  // namespace

std::unique_ptr<Variant> MakeW2Plain(const Records<Tick>& ticks, const RunSettings& settings) {
  return std::make_unique<W2Plain>(ticks.span(), settings);
}

}  // namespace bench
