// A function of Validate that says yes or no, and not why.
// expect: a function of Validate returns an absl::Status; to drop records by a bool there is Filter
#include "case.h"

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
#ifdef FIXED
       | rt::Filter("some", [](const Order& order) { return order.units > 0; })
#else
       | rt::Validate("some", [](const Order& order) { return order.units > 0; })
#endif
       | rt::Discard();
}
