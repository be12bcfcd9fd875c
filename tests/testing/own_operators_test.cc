// The library's own operators keep the contract of operators.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtstream/rtstream.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/operator_contract.h"

namespace rtstream {
namespace testing {
namespace {

struct Sale {
  uint64_t id = 0;
  std::string item;
  int64_t units = 0;
  Time at{};
};

// Twenty sales of three items; one without units, two copies, one of them late, one out of order.
std::vector<Sale> Sales() {
  std::vector<Sale> sales;
  for (uint64_t i = 0; i < 20; ++i) {
    sales.push_back({i, std::string(1, static_cast<char>('a' + i % 3)), static_cast<int64_t>(1 + i % 4),
                     Time(std::chrono::seconds(1000 + i))});
  }
  sales[3].units = 0;
  sales[9] = sales[2];
  sales[15] = sales[14];
  sales[12].at = sales[10].at;
  return sales;
}

auto Checked(Source<Sale>& in) {
  return From(in) |
         Validate("check",
                  [](const Sale& sale) {
                    return sale.units > 0 ? absl::OkStatus() : absl::InvalidArgumentError("want units");
                  }) |
         AssignEventTime(&Sale::at, {.max_out_of_orderness = std::chrono::seconds(3)}) |
         KeyBy("by_item", [](const Sale& sale) -> const std::string& { return sale.item; });
}

std::string SaleText(const Sale& sale) { return Concat(sale.id, " ", sale.item, " ", sale.units); }

const std::vector<std::string> refused = {"check: INVALID_ARGUMENT: want units"};

const bool dedup = TestContract(
    "DedupContract",
    OperatorContract<Sale, Sale>({.compose = [](Source<Sale>& in, Sink<Sale>& out) -> Pipeline {
                                    return Checked(in) | Dedup("dedup", &Sale::id, {.window = std::chrono::hours(1)}) |
                                           To(out);
                                  },
                                  .records = Sales(),
                                  .refused = refused,
                                  .text = SaleText,
                                  .has_key_by = true}));

const bool update_state = TestContract(
    "UpdateStateContract",
    OperatorContract<Sale, Sale>({.compose = [](Source<Sale>& in, Sink<Sale>& out) -> Pipeline {
                                    return Checked(in) |
                                           UpdateState(
                                               "sum", [](const Sale& sale) -> const std::string& { return sale.item; },
                                               [](ItemUpdate<int64_t>& sum, const Sale& sale) {
                                                 Sale next = sale;
                                                 if (sum.exists()) next.units += sum.value();
                                                 sum.Set(next.units);
                                                 return next;
                                               }) |
                                           To(out);
                                  },
                                  .records = Sales(),
                                  .refused = refused,
                                  .text = SaleText,
                                  .has_key_by = true}));

using Sum = Aggregated<std::string, int64_t>;
const bool tumbling = TestContract(
    "TumblingAggregateContract",
    OperatorContract<Sale, Sum>(
        {.compose = [](Source<Sale>& in, Sink<Sum>& out) -> Pipeline {
           return Checked(in) |
                  Aggregate("sums", [](const Sale& sale) -> const std::string& { return sale.item; },
                            [](int64_t& sum, const Sale& sale) { sum += sale.units; },
                            Tumbling{.size = std::chrono::seconds(5)}) |
                  To(out);
         },
         .records = Sales(),
         .refused = {{refused[0],
                      "sums: OUT_OF_RANGE: late record: its window is closed, event time is 3000 ms behind the watermark"}},
         .text = [](const Sum& s) {
           return Concat(s.window.start.time_since_epoch().count() / 1'000'000, " ", s.key, " ", s.value);
         },
         .has_key_by = true}));

const bool record_operators = TestContract(
    "RecordOperatorsContract",
    OperatorContract<Sale, Sale>({.compose = [](Source<Sale>& in, Sink<Sale>& out) -> Pipeline {
                                    return Checked(in) |
                                           Filter("not_b", [](const Sale& sale) { return sale.item != "b"; }) |
                                           Map("double", [](Sale& sale) { sale.units *= 2; }) | To(out);
                                  },
                                  .records = Sales(),
                                  .refused = refused,
                                  .text = SaleText,
                                  .has_key_by = true}));

}  // namespace
}  // namespace testing
}  // namespace rtstream
