// A key of a type that keys cannot have.
// expect: keys of state are text, integers, Time, Uuid or tuples of them
// expect: StateOf<double
#include "case.h"

#ifdef FIXED
using Key = int64_t;
#else
using Key = double;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
       | rt::Aggregate("units", [](const Order& order) { return static_cast<Key>(order.units); },
                       [](int64_t& sum, const Order& order) { sum += order.units; })
       | rt::Discard();
}
