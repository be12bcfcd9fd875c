#include "rtstream/op/node.h"

namespace rtstream {

OperatorStats Node::stats() const {
  const OperatorCounters& c = counters();
  return {name(),         c.in.value(),    c.out.value(),  c.refused.value(),
          c.side.value(), c.bytes.value(), c.keys.value(), c.busy_us.value(), c.state_bytes.value(),
          c.ahead.value()};
}

}  // namespace rtstream
