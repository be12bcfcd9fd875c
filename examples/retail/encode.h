#pragma once

#include "examples/retail/tables.h"
#include "rtstream/base/byte_buffer.h"

namespace retail {

// The lines of the output files, without the LF.

// facts.ndjson: the ten fields of the event, region, category, amount and processingId.
struct FactLine {
  void operator()(const StockOutcome& outcome, rt::ByteBuffer& out) const;
};
// failed.ndjson: the same with the stock that the sale met.
struct FailedLine {
  void operator()(const StockOutcome& outcome, rt::ByteBuffer& out) const;
};
// hot.ndjson: outcome, eventId, sku, storeId, quantityOnHand, processingId.
struct HotLine {
  void operator()(const StockOutcome& outcome, rt::ByteBuffer& out) const;
};
// cold.ndjson: eventId, processingId.
struct ColdLine {
  void operator()(const StockOutcome& outcome, rt::ByteBuffer& out) const;
};

}  // namespace retail
