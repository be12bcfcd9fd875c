#pragma once

#include <cstdint>

namespace bench {

// Registers the benchmarks that insert `ids` ids, one in twenty of which comes twice.
void RegisterDedup(int64_t ids);

}  // namespace bench
