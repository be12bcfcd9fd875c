// A function of Enrich that takes the value of another table: the record is right.
// expect: takes the record, and a pointer to the table's value
// expect: TableOfEnrich<long[^,]*, const Click
#include "case.h"

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::LookupTable<int64_t>& prices) {
  return rt::From(orders)
#ifdef FIXED
       | rt::Enrich("price", prices, &Order::id, [](const Order& order, const int64_t*) { return order; })
#else
       | rt::Enrich("price", prices, &Order::id, [](const Order& order, const Click*) { return order; })
#endif
       | rt::Discard();
}
