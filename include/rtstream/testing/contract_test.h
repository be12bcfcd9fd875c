#pragma once

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "rtstream/testing/contract.h"

namespace rtstream::testing {

namespace internal {

class RuleTest final : public ::testing::Test {
 public:
  explicit RuleTest(ContractRule rule) : rule_(std::move(rule)) {}
  void TestBody() override {
    const absl::Status status = rule_.check();
    EXPECT_TRUE(status.ok()) << rule_.name << ": " << status.ToString();
  }

 private:
  ContractRule rule_;
};

}  // namespace internal

// Makes each rule of a contract a test of GoogleTest, which the including test links itself: `suite`, a name
// that no other tests have, and the rule's name. Returns true.
//
//   const bool my_store = rt::testing::TestContract("MyStoreContract", rt::testing::StoreContract(setup));
//
// makes the tests MyStoreContract.PutReplacesValueAndVersion, and so on. Called before RUN_ALL_TESTS, by the
// thread of main(): as above, to initialize a variable of a namespace, or in main().
inline bool TestContract(const std::string& suite, const Contract& contract, const char* file = __builtin_FILE(),
                         int line = __builtin_LINE()) {
  for (const ContractRule& rule : contract) {
    ::testing::RegisterTest(suite.c_str(), rule.name.c_str(), nullptr, nullptr, file, line,
                            [rule]() -> ::testing::Test* { return new internal::RuleTest(rule); });
  }
  return true;
}

}  // namespace rtstream::testing
