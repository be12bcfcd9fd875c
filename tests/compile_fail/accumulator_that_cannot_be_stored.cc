// An accumulator that does not say how it is stored.
// expect: this value cannot be stored: list the members of a struct in StateFields
// expect: StateOf<.*Sum
#include "case.h"

struct Sum {
  int64_t units = 0;
};
#ifdef FIXED
template <>
struct rtstream::StateFields<Sum> {
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers = std::tuple{&Sum::units};
};
#endif

rt::Pipeline MakePipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
       | rt::Aggregate("units", &Order::id, [](Sum& sum, const Order& order) { sum.units += order.units; })
       | rt::Discard();
}
