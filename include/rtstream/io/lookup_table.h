#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace rtstream {

// Reference data that Enrich asks: values by text key. Implemented by plug-ins.
//
// Called once a batch, by one lane's thread; by several at a time if concurrent() says that it may be.
template <typename V>
class LookupTable {
 public:
  virtual ~LookupTable() = default;

  // Whether several threads may call Lookup() at a time, and values stay where they are for the whole
  // run. Enrich is refused on several lanes over a table that says no.
  virtual bool concurrent() const { return false; }

  // Sets found[i] to the value of keys[i], or leaves it null if there is none. The values stay where
  // they are until the next call. A key may come more than once.
  // REQUIRES: found is as long as keys and all null.
  // On error the call is repeated (Unavailable and the like, with backoff) or the run ends.
  virtual absl::Status Lookup(absl::Span<const std::string_view> keys,
                              absl::Span<const V*> found) = 0;

  // While this is the same number, other than 0, every key has the same answer, and values stay where they
  // are: callers may keep what they found. 0: they may not. Called once a batch, before its Lookup.
  virtual uint64_t version() const { return 0; }
};

}  // namespace rtstream
