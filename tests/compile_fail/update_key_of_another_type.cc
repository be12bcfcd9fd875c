// A key function of UpdateState that takes another type than the flow emits.
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
       | rt::UpdateState("stock", kId,
                         [](rt::ItemUpdate<int64_t>& item, const Order& order) {
                           item.Set(order.units);
                           return order.units;
                         })
       | rt::Discard();
}
