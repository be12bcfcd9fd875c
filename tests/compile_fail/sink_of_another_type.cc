// A sink of another type than the flow emits.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
using Written = Order;
#else
using Written = Click;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Written>& sink) {
  return rt::From(orders)
       | rt::Filter("big", [](const Order& order) { return order.units > 100; })
       | rt::To(sink);
}
