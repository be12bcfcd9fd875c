#include "examples/retail/summary.h"

#include <cstdio>

#include "rtstream/base/status_macros.h"
#include "rtstream/core/json_codec.h"
#include "rtstream/op/partial_aggregate.h"
#include "rtstream/state/keyed_state.h"

namespace retail {

absl::StatusOr<Summary> ReadSummary(const rt::StateReader& store) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::optional<rt::CommitRecord> commit, rt::ReadCommit(store));
  if (!commit) return absl::NotFoundError("the state holds no commit");
  Summary summary;
  for (const auto& [name, stats] : commit->operators) {
    summary.rejected += stats.refused;
    if (name == "source") summary.records_in = stats.out;
    if (name == kDedup) summary.duplicates = stats.side;
    if (name == kInventory) summary.stock_items = stats.keys;
    if (name == kDailySales && commit->lanes == 1) summary.daily_sales_rows = stats.keys;
    if (name == kStoreHour) summary.store_hour_rows = stats.keys;
  }
  RTSTREAM_RETURN_IF_ERROR((rt::ReadPartials<uint32_t, Totals>(
      store, kTotals, MergeInto<Totals>,
      [&](uint32_t, const Totals& totals) { summary.totals = totals; })));
  if (commit->lanes == 1) return summary;
  // Lanes count a row each that they share.
  RTSTREAM_RETURN_IF_ERROR((rt::ReadPartials<DailyKey, SalesSum>(
      store, kDailySales, MergeInto<SalesSum>,
      [&](const DailyKey&, const SalesSum&) { ++summary.daily_sales_rows; })));
  return summary;
}

std::string SummaryLine(const Summary& summary, const std::optional<Rates>& rates) {
  const Totals& totals = summary.totals;
  std::string line;
  auto add = [&](std::string_view name, auto number) {
    line.append(line.empty() ? "{\"" : ",\"").append(name).append("\":");
    rt::AppendJsonValue(number, line);
  };
  add("records_in", summary.records_in);
  add("rejected", summary.rejected);
  add("duplicates", summary.duplicates);
  add("processed", totals.processed);
  add("refused", totals.refused);
  add("returns", totals.returns);
  add("units_sold", totals.units_sold);
  add("units_returned", totals.units_returned);
  line.append(",\"revenue\":\"");
  rt::AppendDecimal(totals.revenue, line);
  line.push_back('"');
  add("stock_items", summary.stock_items);
  add("stock_on_hand", totals.stock_on_hand());
  add("daily_sales_rows", summary.daily_sales_rows);
  add("store_hour_rows", summary.store_hour_rows);
  if (rates) {
    char text[256];
    const int size = std::snprintf(
        text, sizeof text,
        ",\"events_per_second\":%.0f,\"elapsed_s\":%.3f,\"cpu_s_per_million_events\":%.3f,"
        "\"written_mb_per_million_events\":%.1f",
        rates->events_per_second, rates->elapsed_s, rates->cpu_s_per_million_events,
        rates->written_mb_per_million_events);
    line.append(text, static_cast<size_t>(size));
  }
  line.push_back('}');
  return line;
}

}  // namespace retail
