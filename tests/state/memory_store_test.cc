#include "rtstream/state/memory_store.h"

#include <memory>

#include "gtest/gtest.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/store_contract.h"

namespace rtstream::testing {

const bool memory_state_store = TestContract(
    "MemoryStateStoreContract",
    StoreContract({.open = [](const std::string&) { return std::make_unique<MemoryStateStore>(); },
                   .is_durable = false}));

}  // namespace rtstream::testing

namespace rtstream {
namespace {

TEST(StateBatch, CountsTheBytesOfKeysAndValues) {
  StateBatch batch;
  batch.Put("ab", "cde");
  batch.PutIf("f", "g", 1);
  batch.Delete("h");
  batch.DeleteRange("i", "jk");
  EXPECT_EQ(batch.bytes(), 11u);
  batch.Clear();
  EXPECT_EQ(batch.bytes(), 0u);
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace rtstream
