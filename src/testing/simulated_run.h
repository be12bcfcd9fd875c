#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rtstream/testing/simulate.h"

#pragma GCC visibility push(hidden)

namespace rtstream::testing {

// What a run came to.
struct SimulatedEnd {
  std::map<std::string, std::vector<std::string>> outputs;
  uint64_t processes = 0;
};

// Runs a trial in `simulation` until its pipeline has come to the end and committed it, or a
// violation is found.
SimulatedEnd RunSimulation(Simulation& simulation, const MakeTrial& make);

// Finds how what a run came to differs from the undisturbed one: a violation of `simulation`, if it
// does.
void CompareEnds(Simulation& simulation, const SimulatedEnd& calm, const SimulatedEnd& end);

}  // namespace rtstream::testing

#pragma GCC visibility pop
