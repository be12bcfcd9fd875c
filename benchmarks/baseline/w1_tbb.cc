#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "benchmarks/baseline/simdjson_sale.h"
#include "benchmarks/baseline/tbb_batches.h"
#include "benchmarks/baseline/w1.h"
#include "benchmarks/baseline/w1_state.h"
#include "benchmarks/workload/row_binary.h"
#include "rtstream/base/arena.h"

namespace bench {
namespace {

namespace flow = tbb::flow;

// What goes through the graph: lines, then the sales in them, then their rows.
struct SaleBatch {
  size_t number = 0;
  std::string_view lines;
  rt::Arena texts;
  std::vector<Sale> sales;
  std::vector<W1State::Ids> ids;
  std::string rows;
};

class W1Tbb final : public Variant {
 public:
  W1Tbb(const W1Input& input, const RunSettings& settings)
      : text_(input.lines.text()), settings_(settings), state_(input), batches_(settings.lanes),
        output_(settings.is_verifying) {}

  // parse (at will) -> in order -> dedup -> enrich and sum -> stock -> write, one after another each.
  absl::Status Run() override {
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                      static_cast<size_t>(settings_.lanes));
    flow::graph graph;
    flow::input_node<SaleBatch*> cut(graph, [this](tbb::flow_control& control) { return Cut(control); });
    flow::limiter_node<SaleBatch*> limit(graph, batches_.most() - 1);
    flow::function_node<SaleBatch*, SaleBatch*> parse(
        graph, flow::unlimited, [this](SaleBatch* batch) { return Parse(batch); });
    flow::sequencer_node<SaleBatch*> in_order(graph, [](SaleBatch* batch) { return batch->number; });
    flow::function_node<SaleBatch*, SaleBatch*> dedup(
        graph, flow::serial, [this](SaleBatch* batch) { return Dedup(batch); });
    flow::function_node<SaleBatch*, SaleBatch*> sum(
        graph, flow::serial, [this](SaleBatch* batch) { return EnrichAndSum(batch); });
    flow::function_node<SaleBatch*, SaleBatch*> stock(
        graph, flow::serial, [this](SaleBatch* batch) { return TakeStock(batch); });
    flow::function_node<SaleBatch*, flow::continue_msg> write(
        graph, flow::serial, [this](SaleBatch* batch) { return Write(batch); });
    flow::make_edge(cut, limit);
    flow::make_edge(limit, parse);
    flow::make_edge(parse, in_order);
    flow::make_edge(in_order, dedup);
    flow::make_edge(dedup, sum);
    flow::make_edge(sum, stock);
    flow::make_edge(stock, write);
    flow::make_edge(write, limit.decrementer());
    cut.activate();
    graph.wait_for_all();
    return absl::OkStatus();
  }

  absl::StatusOr<Outcome> Finish() override {
    for (const Parser& parser : parsers_) {
      result_.events += parser.lines;
      result_.rejected += parser.rejected;
    }
    result_.output_bytes = output_.bytes();
    result_.output_checksum = output_.checksum();
    state_.Count(settings_.is_verifying, result_);
    return result_.ToOutcome();
  }

 private:
  struct Parser {
    SaleReader reader;
    uint64_t lines = 0, rejected = 0;
  };

  // About a thousand lines, whole ones.
  SaleBatch* Cut(tbb::flow_control& control) {
    constexpr size_t kBytes = 256 << 10;
    if (at_ == text_.size()) {
      control.stop();
      return nullptr;
    }
    size_t end = std::min(at_ + kBytes, text_.size()) - 1;
    end = text_.find('\n', end) + 1;
    SaleBatch* const batch = batches_.Take();
    batch->number = number_++;
    batch->lines = text_.substr(at_, end - at_);
    at_ = end;
    return batch;
  }

  SaleBatch* Parse(SaleBatch* batch) {
    Parser& parser = parsers_.local();
    batch->texts.Clear();
    batch->sales.clear();
    const char* p = batch->lines.data();
    const char* const end = p + batch->lines.size();
    while (p < end) {
      const auto* const lf = static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
      Sale sale;
      ++parser.lines;
      if (parser.reader.Read({p, static_cast<size_t>(lf - p)}, sale) && IsValid(sale)) {
        sale.retailer_id = batch->texts.Copy(sale.retailer_id);
        sale.store_id = batch->texts.Copy(sale.store_id);
        sale.sku = batch->texts.Copy(sale.sku);
        sale.source = batch->texts.Copy(sale.source);
        batch->sales.push_back(sale);
      } else {
        ++parser.rejected;
      }
      p = lf + 1;
    }
    return batch;
  }

  SaleBatch* Dedup(SaleBatch* batch) {
    result_.duplicates += std::erase_if(batch->sales, [this](const Sale& s) { return !state_.IsNew(s); });
    return batch;
  }

  SaleBatch* EnrichAndSum(SaleBatch* batch) {
    batch->ids.clear();
    for (Sale& sale : batch->sales) {
      const W1State::Ids& ids = batch->ids.emplace_back(state_.Enrich(sale));
      state_.AddDaily(sale, ids);
      state_.AddHour(sale, ids);
    }
    return batch;
  }

  SaleBatch* TakeStock(SaleBatch* batch) {
    size_t i = 0;
    const size_t refused = std::erase_if(
        batch->sales, [&](const Sale& s) { return !state_.TakeStock(s, batch->ids[i++]); });
    result_.refused += refused;
    result_.accepted += batch->sales.size();
    return batch;
  }

  flow::continue_msg Write(SaleBatch* batch) {
    batch->rows.clear();
    for (const Sale& sale : batch->sales) AppendRow(sale, batch->rows);
    output_.Write(batch->rows);
    batches_.Give(batch);
    return {};
  }

  std::string_view text_;
  RunSettings settings_;
  // Each node has its own part of the state, and so of the result.
  W1State state_;
  W1Result result_;
  TbbBatches<SaleBatch> batches_;
  tbb::enumerable_thread_specific<Parser> parsers_;
  RowOutput output_;
  size_t at_ = 0, number_ = 0;
};

}  // namespace

std::unique_ptr<Variant> MakeW1Tbb(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Tbb>(input, settings);
}

}  // namespace bench
