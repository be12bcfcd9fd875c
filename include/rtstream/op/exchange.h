#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/lane.h"

namespace rtstream::internal {

// A KeyBy as the runtime sees it. With one lane it passes records on. With several it is where a batch is
// divided: the copy of the pipeline that ran the batch keeps the rows and a selection of them for each
// lane, and the copy of each lane passes its selection on to what it has behind its own KeyBy.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // From here on batches stop here, divided among so many lanes. REQUIRES: lanes <= kSlices.
  virtual void Divide(uint32_t lanes) = 0;
  // A batch begins: there are no rows yet.
  virtual void Begin() = 0;
  // What lane `index` gets of the batch; valid until Begin().
  virtual const Selection& ShareOf(uint32_t index) const = 0;
  // Runs what `from`, the same KeyBy of another copy, has for lane `index` through the operators behind.
  virtual absl::Status ProcessShare(Lane& lane, const Exchange& from, uint32_t index) = 0;
};

}  // namespace rtstream::internal
