// A key function that takes another type than the flow emits.
// expect: compare Emits<\.\.\.> with Takes<\.\.\.>
// expect: Edge<(rtstream::)?Emits<Order>, (rtstream::)?Takes<Click>, false>
#include "case.h"

#ifdef FIXED
constexpr auto kId = &Order::id;
#else
constexpr auto kId = &Click::page;
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Order>& sink) {
  return rt::From(orders)
       | rt::Dedup("dedup", kId, {.window = 24h})
       | rt::To(sink);
}
