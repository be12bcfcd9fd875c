#include "examples/retail/encode.h"

#include <charconv>
#include <string_view>

#include "rtstream/core/json_writer.h"

namespace retail {
namespace {

void AppendText(std::string_view name, std::string_view text, std::string& out) {
  out.append(name);
  rt::AppendJsonString(text, out);
}

void AppendNumber(std::string_view name, int64_t number, std::string& out) {
  out.append(name);
  rt::JsonCodec<int64_t>::Append(number, out);
}

// Where the record stood: the input's name and the position in it.
void AppendProcessingId(const Sale& sale, std::string& out) {
  out.append(",\"processingId\":");
  rt::AppendJsonString(sale.partition, out);
  out.back() = ':';  // in place of the closing quote
  rt::JsonCodec<int64_t>::Append(sale.position, out);
  out.push_back('"');
}

void AppendFact(const Sale& sale, std::string& out) {
  out.push_back('{');
  rt::AppendJsonMembers(sale, out);
  AppendText(",\"region\":", sale.region, out);
  AppendText(",\"category\":", sale.category, out);
  out.append(",\"amount\":\"");
  rt::AppendDecimal(sale.amount(), out);
  out.push_back('"');
}

std::string_view NameOf(const StockOutcome& outcome) {
  if (!outcome.is_applied()) return "refused";
  return outcome.record->is_return() ? "returned" : "processed";
}

}  // namespace

void FactLine::operator()(const StockOutcome& outcome, std::string& out) const {
  AppendFact(*outcome.record, out);
  AppendProcessingId(*outcome.record, out);
  out.push_back('}');
}

void FailedLine::operator()(const StockOutcome& outcome, std::string& out) const {
  AppendFact(*outcome.record, out);
  AppendNumber(",\"quantityOnHand\":", outcome.stock.on_hand, out);
  AppendNumber(",\"quantityReserved\":", outcome.stock.reserved, out);
  AppendProcessingId(*outcome.record, out);
  out.push_back('}');
}

void HotLine::operator()(const StockOutcome& outcome, std::string& out) const {
  const Sale& sale = *outcome.record;
  AppendText("{\"outcome\":", NameOf(outcome), out);
  AppendText(",\"eventId\":", sale.event_id, out);
  AppendText(",\"sku\":", sale.sku, out);
  AppendText(",\"storeId\":", sale.store_id, out);
  AppendNumber(",\"quantityOnHand\":", outcome.stock.on_hand, out);
  AppendProcessingId(sale, out);
  out.push_back('}');
}

void ColdLine::operator()(const StockOutcome& outcome, std::string& out) const {
  AppendText("{\"eventId\":", outcome.record->event_id, out);
  AppendProcessingId(*outcome.record, out);
  out.push_back('}');
}

}  // namespace retail
