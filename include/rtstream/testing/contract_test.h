#pragma once

#include <string>

#include "gtest/gtest.h"
#include "rtstream/testing/contract.h"

// The rules of contracts as tests of GoogleTest, which the including test links itself. For one file of a
// test program:
//
//   namespace rtstream::testing {
//   INSTANTIATE_TEST_SUITE_P(MyStore, PluginContract,
//                            ::testing::ValuesIn(StoreContract({.open = OpenMyStore})), RuleName);
//   }
//
// makes the tests MyStore/PluginContract.Holds/PutReplacesValueAndVersion, and so on.

namespace rtstream::testing {

class PluginContract : public ::testing::TestWithParam<ContractRule> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PluginContract);

TEST_P(PluginContract, Holds) {
  const absl::Status status = GetParam().check();
  EXPECT_TRUE(status.ok()) << GetParam().name << ": " << status.ToString();
}

// The last argument of INSTANTIATE_TEST_SUITE_P: tests bear the names of the rules.
inline std::string RuleName(const ::testing::TestParamInfo<ContractRule>& info) { return info.param.name; }

}  // namespace rtstream::testing
