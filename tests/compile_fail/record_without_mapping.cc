// A record that is to be read from CSV, and does not say how.
// expect: this type has no Mapping: declare its fields
// expect: RecordOf<Order
#include "case.h"

#ifdef FIXED
template <>
struct rtstream::Mapping<Order> {
  static constexpr auto kFields = std::tuple{rt::Field("id", &Order::id), rt::Field("units", &Order::units)};
};
#endif

rt::Pipeline MakePipeline(rt::Source<rt::Bytes>& lines) {
  return rt::From(lines) | rt::ParseCsv<Order>("parse") | rt::Discard();
}
