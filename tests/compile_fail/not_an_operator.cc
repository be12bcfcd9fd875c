// Something that is no operator on the right of |.
// expect: the right of \| is not an operator or a sink
// expect: Order
// expect: NotAnOperator
#include "case.h"

struct NotAnOperator {};

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Order>& sink) {
  return rt::From(orders)
#ifndef FIXED
       | NotAnOperator{}
#endif
       | rt::Filter("big", [](const Order& order) { return order.units > 100; })
       | rt::To(sink);
}
