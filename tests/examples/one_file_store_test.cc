#include "one_file_store.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <unistd.h>

#include "gtest/gtest.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/store_contract.h"

namespace rtstream::testing {
namespace {

std::string FreshPath() {
  std::string path = ::testing::TempDir() + "rtstream_one_file_store." +
                     std::to_string(::getpid());
  std::filesystem::remove(path);
  return path;
}

const bool one_file_store = TestContract(
    "OneFileStoreContract",
    StoreContract({.open = [](const std::string& place) -> absl::StatusOr<std::unique_ptr<StateStore>> {
                     return OneFileStore::Open(place);
                   },
                   .is_in_files = true}));

TEST(OneFileStore, WhatWasAppliedIsThereWhenItIsOpenedAgain) {
  const std::string path = FreshPath();
  StateBatch batch;
  batch.Put("key", "value", 3);
  ASSERT_TRUE((*OneFileStore::Open(path))->Apply(batch).ok());

  const auto store = OneFileStore::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto found = (*store)->Get("key");

  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->value, "value");
  EXPECT_EQ((*found)->version, 3u);
  std::filesystem::remove(path);
}

TEST(OneFileStore, DamagedFileIsDataLoss) {
  const std::string path = FreshPath();
  StateBatch batch;
  batch.Put("key", "value");
  ASSERT_TRUE((*OneFileStore::Open(path))->Apply(batch).ok());
  std::fstream(path, std::ios::in | std::ios::out).put('X');

  EXPECT_EQ(OneFileStore::Open(path).status().code(), absl::StatusCode::kDataLoss);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace rtstream::testing
