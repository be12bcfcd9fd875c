#include "rtstream/op/keyed_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "rtstream/state/packed_table.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;
using Value = std::array<uint64_t, 7>;  // an entry fills a line
using Table = PackedTable<uint64_t, Value>;

constexpr size_t kRows = 64;
constexpr size_t kKeys = 120'000;

// A key whose shard is the first: one shard grows into blocks of whole pages, which go back to the system.
uint64_t DrawKey(Random& random) {
  uint64_t key = 0;
  do {
    key = random.Next();
  } while (Table::SliceOf(key) != 0);
  return key;
}

// The keys that move last when the shard grows.
std::vector<uint64_t> LastKeys(const Table& table, std::vector<uint64_t> keys) {
  const size_t n = std::min(keys.size(), kRows - 1);
  std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(n), keys.end(),
                    [&](uint64_t a, uint64_t b) { return table.Home(a, 0) > table.Home(b, 0); });
  keys.resize(n);
  return keys;
}

TEST(KeyedRows, FindsItsKeysWhenAnInsertOfTheBatchGivesTheirMemoryBack) {
  Random random(TestSeed());
  Table table;
  internal::KeyedRows<Table> rows;
  Frame frame;
  Selection all;
  std::vector<uint64_t> keys, last, batch;
  uint64_t layout = ~uint64_t{0};
  const auto key_of = [](const Rows<uint64_t>& in, size_t i) { return in[i]; };
  while (keys.size() < kKeys) {
    // The layout of a table of few entries changes with every batch: looked at now and then.
    if (table.layout() != layout && (keys.size() > 10'000 || keys.size() % 97 == 0)) {
      layout = table.layout();
      last = LastKeys(table, keys);
    }
    batch = {DrawKey(random)};
    batch.insert(batch.end(), last.begin(), last.end());
    all.SelectAll(batch.size());
    const Rows<uint64_t> in(std::as_const(batch).data(), frame, all);
    rows.ForEach(table, in, key_of, [&](size_t i, const auto& at) {
      bool fresh = false;
      const auto entry = rows.FindOrInsert(table, at, fresh);
      ASSERT_EQ(fresh, i == 0) << i;
      if (fresh) entry->value[0] = batch[i];
      ASSERT_EQ(entry->value[0], batch[i]);
    });
    ASSERT_FALSE(HasFatalFailure());
    keys.push_back(batch[0]);
  }
}

}  // namespace
}  // namespace rtstream
