#include "invoices.h"

#include <map>
#include <memory>

namespace rt = rtstream;

rt::Pipeline MakeCarelessInvoices(rt::Source<Order>& orders, rt::Sink<Invoice>& invoices) {
  auto last = std::make_shared<std::map<std::string, int64_t>>();
  return rt::From(orders)
       | rt::Map("number", [last](const Order& o) { return Invoice{o.id, o.shop, ++(*last)[o.shop]}; })
       | rt::To(invoices);
}

rt::Pipeline MakeInvoices(rt::Source<Order>& orders, rt::Sink<Invoice>& invoices) {
  return rt::From(orders)
       | rt::UpdateState("number", &Order::shop,
                         [](rt::ItemUpdate<int64_t>& last, const Order& o) {
                           return Invoice{o.id, o.shop, last.Set(last.value_or(0) + 1)};
                         })
       | rt::To(invoices);
}
