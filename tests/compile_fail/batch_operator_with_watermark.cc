// A batch operator with OnWatermark, which nobody would call.
// expect: a batch operator \(ProcessBatch\) must not have OnWatermark
// expect: PriceOrders
#include "case.h"

struct PriceOrders {
  using Input = Order;
  using Output = Order;

  absl::Status ProcessBatch(const rt::Rows<Order>& orders, rt::Context&,
                            rt::BatchResults<Order>& results) const {
    for (size_t i = 0; i < orders.size(); ++i) results.Emit(i, orders[i]);
    return absl::OkStatus();
  }
#ifndef FIXED
  template <typename Emit>
  absl::Status OnWatermark(rt::Time, Emit&&) {
    return absl::OkStatus();
  }
#endif
};

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Order>& sink) {
  return rt::From(orders)
       | rt::Apply("price", PriceOrders{})
       | rt::To(sink);
}
