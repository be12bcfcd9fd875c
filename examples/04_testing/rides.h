#pragma once

#include <cstdint>
#include <string>

#include "rtstream/base/time.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/io/sink.h"
#include "rtstream/io/source.h"

// A taxi company's rides: checked, without copies, and summed up for each zone and hour.

struct Ride {
  std::string id;
  int64_t zone = 0;
  int64_t cents = 0;
  rtstream::Time at;
};

struct ZoneHour {
  int64_t zone = 0;
  rtstream::Time hour;
  int64_t rides = 0;
  int64_t cents = 0;
  friend bool operator==(const ZoneHour&, const ZoneHour&) = default;
};

// What the pipeline is made of: in the program a file source and sinks, in a test memory.
struct RideDeps {
  rtstream::Source<Ride>& rides;
  rtstream::Sink<ZoneHour>& hours;
  rtstream::Sink<Ride>& late;
};

rtstream::Pipeline MakeRidePipeline(const RideDeps& deps);
