// An operator that takes another type than the one before it emits.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
using Filtered = Order;
#else
using Filtered = Click;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Order>& sink) {
  return rt::From(orders)
       | rt::Filter("big", [](const Filtered&) { return true; })
       | rt::To(sink);
}
