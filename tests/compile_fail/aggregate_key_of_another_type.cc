// A key function that takes another type than the flow emits, where a second function is right.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
constexpr auto kId = &Order::id;
#else
constexpr auto kId = &Click::page;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
       | rt::Aggregate("units", kId, [](int64_t& sum, const Order& order) { sum += order.units; })
       | rt::Discard();
}
