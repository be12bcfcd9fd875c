// A mistake inside the branch of a Tee and of a side output: the flow around them says nothing more.
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
       | rt::Tee("tee", rt::Branch<Order>() | rt::Filter("f", [](const Filtered&) { return true; })
                                            | rt::To(sink))
       | rt::Dedup("dedup", &Order::id, {.window = 24h})
       | rt::Discard();
}
