#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rtstream/base/time.h"

namespace rtstream {

// What a pipeline's description says of one of its operators.
struct NodeFacts {
  std::string_view kind = "operator";  // the function that makes it, such as "Dedup"; valid for ever
  std::string_view emits = {};         // the type of what it passes on; empty: nothing; valid for ever
  size_t row_bytes = 0;                // the size of one of these
  std::string options = {};            // such as "window 24 h"
};

namespace internal {

// The name of T out of what the compiler calls a function of T, without namespaces and arguments.
std::string_view ShortTypeName(std::string_view function);

template <typename T>
std::string_view TypeName() {
  return ShortTypeName(__PRETTY_FUNCTION__);
}

// A duration in its largest unit that leaves no rest: "24 h", "1500 ms".
std::string ShortDuration(Duration d);

// Op has an Output and, where there is something to say, a kKind and
//   std::string Options() const;
template <typename Op>
NodeFacts FactsOf(const Op& op) {
  NodeFacts facts;
  if constexpr (requires { Op::kKind; }) facts.kind = Op::kKind;
  facts.emits = TypeName<typename Op::Output>();
  facts.row_bytes = sizeof(typename Op::Output);
  if constexpr (requires { op.Options(); }) facts.options = op.Options();
  return facts;
}

}  // namespace internal
}  // namespace rtstream
