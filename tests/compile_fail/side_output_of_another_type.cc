// A side output that takes another type than the flow emits.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
using Copied = Order;
#else
using Copied = Click;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Copied>& copies) {
  return rt::From(orders)
       | rt::Dedup("dedup", &Order::id, {.window = 24h}, rt::Branch<Copied>() | rt::To(copies))
       | rt::Discard();
}
