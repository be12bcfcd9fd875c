#include <cstring>
#include <string>

#include "benchmarks/baseline/simdjson_sale.h"
#include "benchmarks/baseline/w1.h"
#include "benchmarks/baseline/w1_state.h"
#include "benchmarks/workload/row_binary.h"

namespace bench {
namespace {

class W1Plain final : public Variant {
 public:
  W1Plain(const W1Input& input, const RunSettings& settings)
      : text_(input.lines.text()), is_verifying_(settings.is_verifying), state_(input),
        output_(settings.is_verifying) {}

  absl::Status Run() override {
    const char* p = text_.data();
    const char* const end = p + text_.size();
    while (p < end) {
      const auto* const lf = static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
      TakeLine({p, static_cast<size_t>(lf - p)});
      p = lf + 1;
    }
    Flush();
    return absl::OkStatus();
  }

  absl::StatusOr<Outcome> Finish() override {
    result_.output_bytes = output_.bytes();
    result_.output_checksum = output_.checksum();
    state_.Count(is_verifying_, result_);
    return result_.ToOutcome();
  }

 private:
  void TakeLine(std::string_view line) {
    ++result_.events;
    Sale sale;
    if (!reader_.Read(line, sale) || !IsValid(sale)) {
      ++result_.rejected;
      return;
    }
    if (!state_.IsNew(sale)) {
      ++result_.duplicates;
      return;
    }
    const W1State::Ids ids = state_.Enrich(sale);
    state_.AddDaily(sale, ids);
    state_.AddHour(sale, ids);
    if (!state_.TakeStock(sale, ids)) {
      ++result_.refused;
      return;
    }
    ++result_.accepted;
    AppendRow(sale, rows_);
    if (rows_.size() >= kFlushAt) Flush();
  }

  static constexpr size_t kFlushAt = 64 << 10;
  void Flush() {
    output_.Write(rows_);
    rows_.clear();
  }

  std::string_view text_;
  bool is_verifying_;
  SaleReader reader_;
  W1State state_;
  std::string rows_;
  RowOutput output_;
  W1Result result_;
};

}  // namespace

std::unique_ptr<Variant> MakeW1Plain(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Plain>(input, settings);
}

}  // namespace bench
