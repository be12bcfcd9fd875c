// The same with twelve right operators before it and twelve behind it: still one error, no longer.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
using Filtered = Order;
#else
using Filtered = Click;
#endif

namespace {
bool IsBig(const Order& order) { return order.units > 100; }
}  // namespace

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Order>& sink) {
  return rt::From(orders)
       | rt::Filter("a1", IsBig) | rt::Filter("a2", IsBig) | rt::Filter("a3", IsBig)
       | rt::Filter("a4", IsBig) | rt::Filter("a5", IsBig) | rt::Filter("a6", IsBig)
       | rt::Boundary()
       | rt::Filter("a7", IsBig) | rt::Filter("a8", IsBig) | rt::Filter("a9", IsBig)
       | rt::Filter("a10", IsBig) | rt::Filter("a11", IsBig) | rt::Filter("a12", IsBig)
       | rt::Filter("wrong", [](const Filtered&) { return true; })
       | rt::Filter("b1", IsBig) | rt::Filter("b2", IsBig) | rt::Filter("b3", IsBig)
       | rt::Filter("b4", IsBig) | rt::Filter("b5", IsBig) | rt::Filter("b6", IsBig)
       | rt::Boundary()
       | rt::Filter("b7", IsBig) | rt::Filter("b8", IsBig) | rt::Filter("b9", IsBig)
       | rt::Filter("b10", IsBig) | rt::Filter("b11", IsBig) | rt::Filter("b12", IsBig)
       | rt::To(sink);
}
