// A function of Filter that returns something else than yes or no.
// expect: a function of Filter returns a bool
// expect: FilterReturns<.*string
#include "case.h"

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
#ifdef FIXED
       | rt::Filter("some", [](const Order& order) { return !order.id.empty(); })
#else
       | rt::Filter("some", [](const Order& order) { return order.id; })
#endif
       | rt::Discard();
}
