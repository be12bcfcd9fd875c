#include "examples/retail/encode.h"

#include <string_view>

#include "rtstream/core/json_text.h"
#include "rtstream/core/json_writer.h"

namespace retail {
namespace {

// The fields of one line's beginning: the event's ten, region, category, amount.
constexpr size_t kFactNames = 64;
size_t FactBound(const Sale& sale) {
  return kFactNames + rt::JsonMembersBound(sale) + rt::JsonText::StringBound(sale.region) +
         rt::JsonText::StringBound(sale.category) + rt::JsonText::kNumberBound;
}
[[gnu::always_inline]] inline void PutFact(const Sale& sale, rt::JsonText& text) {
  text.Raw("{");
  rt::PutJsonMembers(sale, text);
  text.Raw(",\"region\":");
  text.String(sale.region);
  text.Raw(",\"category\":");
  text.String(sale.category);
  text.Raw(",\"amount\":\"");
  text.Decimal(sale.amount());
  text.Raw("\"");
}

// Where the record stood: the input's name and the position in it. The end of every line.
size_t EndBound(const Sale& sale) {
  return 32 + rt::JsonText::StringBound(sale.partition) + rt::JsonText::kNumberBound;
}
[[gnu::always_inline]] inline void PutEnd(const Sale& sale, rt::JsonText& text) {
  text.Raw(",\"processingId\":\"");
  text.Characters(sale.partition);
  text.Raw(":");
  text.Integer(sale.position);
  text.Raw("\"}");
}

std::string_view NameOf(const StockOutcome& outcome) {
  if (!outcome.is_applied()) return "refused";
  return outcome.record->is_return() ? "returned" : "processed";
}

}  // namespace

void FactLine::operator()(const StockOutcome& outcome, rt::ByteBuffer& out) const {
  const Sale& sale = *outcome.record;
  rt::JsonText text(out, FactBound(sale) + EndBound(sale));
  PutFact(sale, text);
  PutEnd(sale, text);
}

void FailedLine::operator()(const StockOutcome& outcome, rt::ByteBuffer& out) const {
  const Sale& sale = *outcome.record;
  rt::JsonText text(out, FactBound(sale) + 64 + 2 * rt::JsonText::kNumberBound + EndBound(sale));
  PutFact(sale, text);
  text.Raw(",\"quantityOnHand\":");
  text.Integer(outcome.stock.on_hand);
  text.Raw(",\"quantityReserved\":");
  text.Integer(outcome.stock.reserved);
  PutEnd(sale, text);
}

void HotLine::operator()(const StockOutcome& outcome, rt::ByteBuffer& out) const {
  const Sale& sale = *outcome.record;
  rt::JsonText text(out, 128 + rt::JsonText::StringBound(sale.event_id) +
                             rt::JsonText::StringBound(sale.sku) +
                             rt::JsonText::StringBound(sale.store_id) +
                             rt::JsonText::kNumberBound + EndBound(sale));
  text.Raw("{\"outcome\":\"");
  text.Raw(NameOf(outcome));
  text.Raw("\",\"eventId\":");
  text.String(sale.event_id);
  text.Raw(",\"sku\":");
  text.String(sale.sku);
  text.Raw(",\"storeId\":");
  text.String(sale.store_id);
  text.Raw(",\"quantityOnHand\":");
  text.Integer(outcome.stock.on_hand);
  PutEnd(sale, text);
}

void ColdLine::operator()(const StockOutcome& outcome, rt::ByteBuffer& out) const {
  const Sale& sale = *outcome.record;
  rt::JsonText text(out, 16 + rt::JsonText::StringBound(sale.event_id) + EndBound(sale));
  text.Raw("{\"eventId\":");
  text.String(sale.event_id);
  PutEnd(sale, text);
}

}  // namespace retail
