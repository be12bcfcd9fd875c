// A side output that does not end.
// expect: this branch has no end: end it with To\(sink\), Route\(\.\.\.\) or Discard\(\)
#include "case.h"

auto Copies() {
  return rt::Branch<Order>()
       | rt::Filter("some", [](const Order& order) { return order.units > 0; })
#ifdef FIXED
       | rt::Discard()
#endif
      ;
}

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders) | rt::Dedup("ids", &Order::id, {.window = 1h}, Copies()) | rt::Discard();
}
