#pragma once

#include <cstdint>
#include <string_view>

#include "rtstream/base/page_pool.h"
#include "rtstream/core/context.h"
#include "rtstream/state/shared_parts.h"
#include "rtstream/state/slice.h"

namespace rtstream {

// What the thread that runs a pipeline lends to the state of an operator.
struct StateHost {
  // Memory that was touched ahead of need. Must outlive the state.
  PagePool* pages = nullptr;
  // Whether changes are committed. If not, nothing is noted of them.
  bool keeps_changes = true;
  // The record at hand, which says the slice of its KeyBy; null: no record is.
  const Context* context = nullptr;
  // Whether there is a KeyBy before the operator.
  bool is_keyed = false;
  // The lane, and the slices that it owns.
  uint32_t lane = 0;
  uint32_t lanes = 1;   // lanes of the run
  SliceRange slices{};  // those whose state this lane loads and stores; all of them with one lane
  // What the lanes have in common; null if there is one lane. Must outlive the state.
  SharedParts* shared = nullptr;
  std::string_view op{};  // the operator's name, valid during the call
};

}  // namespace rtstream
