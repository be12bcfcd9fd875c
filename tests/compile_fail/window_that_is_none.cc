// A duration where an Aggregate wants a window.
// expect: the window of an Aggregate is rt::Tumbling\{\.size = \.\.\.\} or rt::Partial
#include "case.h"

#ifdef FIXED
constexpr rt::Tumbling kWindow{.size = 1h};
#else
constexpr auto kWindow = 1h;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
       | rt::Aggregate("units", &Order::id, [](int64_t& sum, const Order& order) { sum += order.units; }, kWindow)
       | rt::Discard();
}
