#include "examples/retail/query.h"

#include "examples/retail/stored_state.h"
#include "examples/retail/summary.h"
#include "examples/retail/tables.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/core/json_codec.h"
#include "rtstream/state/item.h"

namespace retail {
namespace {

using WriteText = absl::FunctionRef<absl::Status(std::string_view)>;

constexpr size_t kFlushBytes = 1 << 16;  // bytes handed over at once

// Collects lines; remembers the first error.
class Lines {
 public:
  explicit Lines(WriteText write) : write_(write) {}

  void Begin() { separator_ = '{'; }
  void Text(std::string_view name, std::string_view value) {
    Name(name);
    rt::AppendJsonString(value, text_);
  }
  template <typename I>
  void Number(std::string_view name, I value) {
    Name(name);
    rt::AppendJsonValue(value, text_);
  }
  void Money(std::string_view name, const Amount& value) {
    Name(name);
    text_.push_back('"');
    rt::AppendDecimal(value, text_);
    text_.push_back('"');
  }
  void Null(std::string_view name) {
    Name(name);
    text_.append("null");
  }
  void Sum(const SalesSum& sum) {
    Number("sales", sum.sales);
    Number("returns", sum.returns);
    Number("units", sum.units);
    Money("revenue", sum.revenue);
  }
  void End() {
    text_.append("}\n");
    if (text_.size() >= kFlushBytes) Flush();
  }
  absl::Status Finish() {
    Flush();
    return status_;
  }

 private:
  void Name(std::string_view name) {
    text_.push_back(separator_);
    separator_ = ',';
    text_.push_back('"');
    text_.append(name);
    text_.append("\":");
  }
  void Flush() {
    if (status_.ok()) status_ = write_(text_);
    text_.clear();
  }

  WriteText write_;
  std::string text_;
  char separator_ = '{';
  absl::Status status_;
};

// An empty filter lets everything through.
bool Passes(std::string_view filter, std::string_view value) {
  return filter.empty() || filter == value;
}

absl::Status QueryInventory(const rt::StateReader& store, const QueryFlags& flags, Lines& lines) {
  return ReadStock(store, [&](const StockRow& row) {
    if (!Passes(flags.sku, row.sku) || !Passes(flags.store, row.store)) return;
    const rt::Item<rt::Stock>& item = row.item;
    lines.Begin();
    lines.Text("sku", row.sku);
    lines.Text("storeId", row.store);
    lines.Number("quantityOnHand", item.value.on_hand);
    lines.Number("quantityReserved", item.value.reserved);
    lines.Number("version", item.version);
    if (item.version == 0) {
      lines.Null("lastUpdated");
    } else {
      std::string time;
      rt::AppendRfc3339(item.last_updated, time);
      lines.Text("lastUpdated", time);
    }
    lines.End();
  });
}

absl::Status QueryDailySales(const rt::StateReader& store, const QueryFlags& flags, Lines& lines) {
  return ReadDailySales(store, [&](const DailyRow& row) {
    if (!Passes(flags.sku, row.sku)) return;
    std::string date;
    rt::AppendDate(row.day, date);
    lines.Begin();
    lines.Text("retailerId", row.retailer);
    lines.Text("date", date);
    lines.Text("sku", row.sku);
    lines.Sum(row.sum);
    lines.End();
  });
}

absl::Status QueryStoreHour(const rt::StateReader& store, const QueryFlags& flags, Lines& lines) {
  return ReadStoreHours(store, [&](const HourRow& row) {
    if (!Passes(flags.store, row.store)) return;
    std::string hour;
    rt::AppendHour(row.hour, hour);
    lines.Begin();
    lines.Text("storeId", row.store);
    lines.Text("hour", hour);
    lines.Sum(row.sum);
    lines.End();
  });
}

}  // namespace

absl::Status CheckFilters(const QueryFlags& flags) {
  const bool has_sku = flags.what == "inventory" || flags.what == "daily-sales";
  const bool has_store = flags.what == "inventory" || flags.what == "store-hour";
  if (!flags.sku.empty() && !has_sku) {
    return absl::InvalidArgumentError(rt::Concat(flags.what, " has no --sku to choose by"));
  }
  if (!flags.store.empty() && !has_store) {
    return absl::InvalidArgumentError(rt::Concat(flags.what, " has no --store to choose by"));
  }
  return absl::OkStatus();
}

absl::Status Query(const rt::StateReader& store, const QueryFlags& flags, WriteText write) {
  if (flags.what == "summary") {
    RTSTREAM_ASSIGN_OR_RETURN(const Summary summary, ReadSummary(store));
    return write(SummaryLine(summary, std::nullopt) + "\n");
  }
  Lines lines(write);
  absl::Status status = flags.what == "inventory"     ? QueryInventory(store, flags, lines)
                        : flags.what == "daily-sales" ? QueryDailySales(store, flags, lines)
                                                      : QueryStoreHour(store, flags, lines);
  status.Update(lines.Finish());
  return status;
}

}  // namespace retail
