// A key function of Enrich that returns a string of its own: the table would be asked with dangling views.
// expect: must return a reference or a std::string_view
#include "case.h"

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::LookupTable<int64_t>& prices) {
  return rt::From(orders)
       | rt::Enrich("price", prices,
#ifdef FIXED
                    [](const Order& order) -> const std::string& { return order.id; },
#else
                    [](const Order& order) { return order.id; },
#endif
                    [](const Order& order, const int64_t* price) {
                      return order.units * (price != nullptr ? *price : 0);
                    })
       | rt::Discard();
}
