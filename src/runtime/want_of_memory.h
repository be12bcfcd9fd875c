#pragma once

#include <new>
#include <type_traits>

#include "absl/status/status.h"
#include "rtstream/base/memory_budget.h"

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

// Calls f, which gives a Status or a StatusOr. Want of memory, wherever it was met, becomes ResourceExhausted: what is not
// committed is read again by the next run.
template <typename F>
auto WithoutBadAlloc(F&& f) -> std::invoke_result_t<F&> {
  try {
    return f();
  } catch (const BudgetExceeded& exceeded) {
    return absl::ResourceExhaustedError(exceeded.what());
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("the system gives no more memory");
  }
}

}  // namespace rtstream::internal

#pragma GCC visibility pop
