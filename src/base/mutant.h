#pragma once

// Defects of the commit protocol that tests put into the library on purpose, to see that the
// simulation finds them (tests/mutants). The test compiles the sources that have any with
// RTSTREAM_MUTANTS, and chooses one at a time; in the library itself there are none.
//
//   if (RTSTREAM_MUTANT("commit_before_sync")) ...

#ifdef RTSTREAM_MUTANTS
#include <string_view>

#include "rtstream/base/time.h"

namespace rtstream::internal {

// Whether this is the defect that the test has chosen.
bool IsMutant(std::string_view name);
// The simulation's wall clock, for what should not look at one.
Time MutantNow();

}  // namespace rtstream::internal

#define RTSTREAM_MUTANT(name) (::rtstream::internal::IsMutant(name))
#else
#define RTSTREAM_MUTANT(name) false
#endif
