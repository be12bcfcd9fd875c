#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace rtstream::testing {

// One rule that a plug-in must keep, and a trial of it.
struct ContractRule {
  // A sentence without blanks: "UncommittedRowsAreCutOff".
  std::string name;
  // Tries the rule on a plug-in of its own, as often as it is called. FailedPrecondition: the rule is
  // broken; the message says what was wanted and what was met. Other codes: an error that the plug-in
  // gave where none was expected.
  std::function<absl::Status()> check;
};

// What a plug-in promises, rule by rule: made by SourceContract, StagedSinkContract, PlainSinkContract,
// OutboxSinkContract, StoreContract and OperatorContract, each in a header of its own. With GoogleTest, each
// rule is a test (contract_test.h):
//
//   const bool my_store = rt::testing::TestContract("MyStoreContract", rt::testing::StoreContract(setup));
//
// With another framework: a test that rt::testing::CheckContract(rt::testing::StoreContract(setup)) is OK.
//
// Rules are independent of each other, and each may be tried by one thread at a time; some start threads
// of their own. Copies of a contract share the functions of the setup that it was made from.
using Contract = std::vector<ContractRule>;

// A rule that was broken.
struct Violation {
  std::string rule;     // its name
  absl::Status status;  // what was wanted and met
};

// Tries every rule; those that were broken, in order.
std::vector<Violation> FindViolations(const Contract& contract);

// The same as one status: OK, or FailedPrecondition with all of them.
absl::Status CheckContract(const Contract& contract);

// Tries the rule of this name. NotFound: there is none.
absl::Status CheckRule(const Contract& contract, std::string_view name);

// How GoogleTest shows a violation.
inline void PrintTo(const Violation& violation, std::ostream* os) {
  *os << violation.rule << ": " << violation.status.ToString();
}

namespace internal {

// FailedPrecondition: a rule is broken.
absl::Status Broken(std::string what);
// OK if `holds`.
inline absl::Status Want(bool holds, std::string_view what) {
  return holds ? absl::OkStatus() : Broken(std::string(what));
}
// OK if the two are equal, else how they differ. `what` says what they are.
absl::Status WantLines(absl::Span<const std::string> want, absl::Span<const std::string> got,
                       std::string_view what);
// The same whatever their order.
absl::Status WantSameLines(std::vector<std::string> want, std::vector<std::string> got,
                           std::string_view what);
// `status` with what was being done in front of its message.
absl::Status Doing(std::string_view what, const absl::Status& status);

}  // namespace internal
}  // namespace rtstream::testing
