// An item of UpdateState that does not say how it is stored.
// expect: this value cannot be stored: list the members of a struct in StateFields
#include "case.h"

#ifdef FIXED
using Stock = int64_t;
#else
struct Stock {
  int64_t units = 0;
};
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
       | rt::UpdateState("stock", &Order::id, [](rt::ItemUpdate<Stock>&, const Order& order) { return order; })
       | rt::Discard();
}
