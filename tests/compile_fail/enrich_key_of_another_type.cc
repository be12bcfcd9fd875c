// A key function of Enrich that takes another type than the flow emits.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
constexpr auto kId = &Order::id;
#else
constexpr auto kId = &Click::page;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::LookupTable<int64_t>& prices) {
  return rt::From(orders)
       | rt::Enrich("price", prices, kId,
                    [](const Order& order, const int64_t* price) {
                      return order.units * (price != nullptr ? *price : 0);
                    })
       | rt::Discard();
}
