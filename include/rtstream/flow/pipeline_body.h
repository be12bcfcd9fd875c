#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/core/frame.h"
#include "rtstream/io/source.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/node.h"

namespace rtstream::internal {

// A composed flow as the runtime drives it: the one virtual call a batch between the two.
class PipelineBody {
 public:
  virtual ~PipelineBody() = default;

  virtual SourceBase& source() = 0;
  // The source's node first, then the operators and sinks, upstream first.
  virtual const std::vector<Node*>& nodes() const = 0;

  // Reads the next batch of at most `max_rows` rows.
  virtual absl::StatusOr<PollResult> Poll(size_t max_rows) = 0;
  // The batch that was read last.
  virtual Frame& frame() = 0;
  virtual const std::string& resume() const = 0;
  virtual uint64_t input_bytes() const = 0;
  // Runs it through the flow. On error its effects in memory are incomplete: start anew.
  virtual absl::Status Process(Lane& lane) = 0;
};

}  // namespace rtstream::internal
