// A flow that nothing ends, used as a pipeline.
// expect: this flow has no sink: end it with To\(sink\), Route\(\.\.\.\) or Discard\(\)
// expect: Order
#include "case.h"

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
       | rt::Filter("big", [](const Order& order) { return order.units > 100; })
#ifdef FIXED
       | rt::Discard()
#endif
      ;
}
