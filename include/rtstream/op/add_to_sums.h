#pragma once

#include <cstddef>
#include <functional>

#include "rtstream/core/batch.h"
#include "rtstream/op/keyed_rows.h"
#include "rtstream/state/stored_table.h"

namespace rtstream::internal {

// Adds each row to its key's sum: add(sum, row), then then(i, entry), while the entry is at hand. `keys` is
// memory from batch to batch.
template <typename Table, typename In, typename KeyF, typename F, typename Then>
[[gnu::always_inline]] inline void AddToSums(StoredTable<Table>& sums, KeyedRows<Table>& keys, const Rows<In>& in,
                                             const KeyF& key, const F& add, Then&& then) {
  const auto key_of = [&key](const Rows<In>& rows, size_t i) -> decltype(auto) {
    return std::invoke(key, rows[i]);
  };
  Table& table = sums.table();
  keys.ForEach(table, in, key_of, [&](size_t i, const auto& at) {
    bool fresh = false;
    const auto entry = keys.FindOrInsert(table, at, fresh);
    std::invoke(add, entry->value, in[i]);
    sums.Changed(entry);
    then(i, entry);
  });
}

}  // namespace rtstream::internal
