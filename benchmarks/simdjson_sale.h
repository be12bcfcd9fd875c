#pragma once

#include <cstddef>

#include "benchmarks/sale_lines.h"

namespace bench {

// Read every line as a Sale with simdjson, as one would by hand; return how many are good.
size_t ReadByDom(const Lines& lines);
size_t ReadByIterateMany(const Lines& lines);

}  // namespace bench
