// A route whose branches take another type than the flow emits.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
using Routed = Order;
#else
using Routed = Click;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Routed>& hot,
                          rt::Sink<Routed>& cold) {
  return rt::From(orders)
       | rt::Filter("big", [](const Order& order) { return order.units > 100; })
       | rt::Route("route", [](const Routed&) { return true; },
                   rt::Branch<Routed>() | rt::To(hot), rt::Branch<Routed>() | rt::To(cold));
}
