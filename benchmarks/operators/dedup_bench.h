#pragma once

#include <cstdint>

namespace bench {

// Has Dedup measured with `ids` ids, one in twenty of which comes twice.
void MeasureDedup(int64_t ids);

}  // namespace bench
