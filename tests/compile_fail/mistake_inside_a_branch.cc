// A mistake inside a branch of a Route: the route itself says nothing more.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
using Filtered = Order;
#else
using Filtered = Click;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Order>& hot, rt::Sink<Order>& cold) {
  auto is_hot = [](const Order& order) { return order.units > 100; };
  return rt::From(orders)
       | rt::Tee("all", rt::Branch<Order>() | rt::To(hot))
       | rt::Route("route", is_hot, rt::Branch<Order>() | rt::To(hot),
                   rt::Branch<Order>() | rt::Filter("f", [](const Filtered&) { return true; })
                                       | rt::To(cold));
}
