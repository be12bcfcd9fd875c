// An operator that changes while it runs and says nothing of its state: it would be lost in a crash.
// expect: must keep its state in KeyedState \(States\) or have OnCheckpoint and OnRestore
// expect: CountOrders
#include "case.h"

struct CountOrders {
  using Input = Order;
  using Output = Order;
  int64_t seen = 0;

  template <typename Emit>
  absl::Status Process(const Order& order, rt::Context&, Emit&& emit) {
    ++seen;
    emit(order);
    return absl::OkStatus();
  }
#ifdef FIXED
  absl::Status OnCheckpoint(rt::CheckpointWriter&) const { return absl::OkStatus(); }
  absl::Status OnRestore(const rt::CheckpointReader&) { return absl::OkStatus(); }
#endif
};

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Order>& sink) {
  return rt::From(orders)
       | rt::Apply("count", CountOrders{})
       | rt::To(sink);
}
