#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "rtstream/rtstream.h"

// An order, and the invoice that a shop writes for it. Invoices of a shop are numbered 1, 2, 3 without a gap, and no
// number comes twice: the tax office wants it so.
struct Order {
  int64_t id = 0;
  std::string shop;
};
struct Invoice {
  int64_t order = 0;
  std::string shop;
  int64_t number = 0;
};

template <>
struct rtstream::Mapping<Invoice> {
  static constexpr auto kFields =
      std::tuple{Field("order", &Invoice::order), Field("shop", &Invoice::shop), Field("number", &Invoice::number)};
};

// Numbers in a map that the function keeps: right until the first crash.
rtstream::Pipeline MakeCarelessInvoices(rtstream::Source<Order>& orders, rtstream::Sink<Invoice>& invoices);

// Numbers in the pipeline's state, which is committed with what was written.
rtstream::Pipeline MakeInvoices(rtstream::Source<Order>& orders, rtstream::Sink<Invoice>& invoices);
