// A function of AssignEventTime that returns a number, whose unit nobody knows.
// expect: a function of AssignEventTime returns an rt::Time
// expect: EventTimeReturns<const long
#include "case.h"

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
#ifdef FIXED
       | rt::AssignEventTime([](const Order& order) { return rt::Time(order.units * 1s); })
#else
       | rt::AssignEventTime(&Order::units)
#endif
       | rt::Discard();
}
