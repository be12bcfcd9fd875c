#pragma once

#include <cstddef>

#include "benchmarks/parser/sale_lines.h"

namespace bench {

// Read every line as a Sale with simdjson, as one would by hand; return how many are good.
size_t ReadByDom(const SaleLines& lines);
size_t ReadByIterateMany(const SaleLines& lines);

}  // namespace bench
