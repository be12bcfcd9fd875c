// A route whose function takes another type than the flow emits; its branches are right.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
using Routed = Order;
#else
using Routed = Click;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Order>& hot, rt::Sink<Order>& cold) {
  return rt::From(orders)
       | rt::Route("route", [](const Routed&) { return true; },
                   rt::Branch<Order>() | rt::To(hot), rt::Branch<Order>() | rt::To(cold));
}
