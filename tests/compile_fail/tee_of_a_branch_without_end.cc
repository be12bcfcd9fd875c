// A branch of Tee that does not end.
// expect: this branch has no end: end it with To\(sink\), Route\(\.\.\.\) or Discard\(\)
#include "case.h"

auto Some() {
  return rt::Branch<Order>()
       | rt::Filter("some", [](const Order& order) { return order.units > 0; })
#ifdef FIXED
       | rt::Discard()
#endif
      ;
}

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders) | rt::Tee("tee", Some()) | rt::Discard();
}
