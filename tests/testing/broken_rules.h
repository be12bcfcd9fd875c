#pragma once

#include <string>
#include <vector>

#include "rtstream/testing/contract.h"

namespace rtstream::testing {

// The names of the rules that a plug-in breaks.
inline std::vector<std::string> BrokenRules(const Contract& contract) {
  std::vector<std::string> names;
  for (const Violation& violation : FindViolations(contract)) names.push_back(violation.rule);
  return names;
}

}  // namespace rtstream::testing
