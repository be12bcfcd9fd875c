#pragma once

#include "rtstream/base/page_pool.h"

namespace rtstream {

// What the thread that runs a pipeline lends to the state of its operators.
struct StateHost {
  // Memory that was touched ahead of need. Must outlive the state.
  PagePool* pages = nullptr;
  // Whether changes are committed. If not, nothing is noted of them.
  bool keeps_changes = true;
};

}  // namespace rtstream
