#include "rtstream/testing/contract.h"

#include <algorithm>
#include <utility>

#include "rtstream/base/text.h"
#include "rtstream/testing/text_diff.h"

namespace rtstream::testing {

std::vector<Violation> FindViolations(const Contract& contract) {
  std::vector<Violation> found;
  for (const ContractRule& rule : contract) {
    if (absl::Status status = rule.check(); !status.ok()) found.push_back({rule.name, std::move(status)});
  }
  return found;
}

absl::Status CheckContract(const Contract& contract) {
  std::string all;
  for (const Violation& violation : FindViolations(contract)) {
    all += Concat("\n", violation.rule, ": ", violation.status.ToString());
  }
  return all.empty() ? absl::OkStatus() : absl::FailedPreconditionError(Concat("rules are broken:", all));
}

absl::Status CheckRule(const Contract& contract, std::string_view name) {
  for (const ContractRule& rule : contract) {
    if (rule.name == name) return rule.check();
  }
  return absl::NotFoundError(Concat("the contract has no rule '", name, "'"));
}

namespace internal {

absl::Status Broken(std::string what) { return absl::FailedPreconditionError(std::move(what)); }

absl::Status WantLines(absl::Span<const std::string> want, absl::Span<const std::string> got,
                       std::string_view what) {
  if (want == got) return absl::OkStatus();
  return Broken(Concat(what, ": want ", want.size(), " lines, got ", got.size(), "\n", DiffLines(want, got)));
}

absl::Status WantSameLines(std::vector<std::string> want, std::vector<std::string> got,
                           std::string_view what) {
  std::sort(want.begin(), want.end());
  std::sort(got.begin(), got.end());
  return WantLines(want, got, what);
}

absl::Status Doing(std::string_view what, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), Concat(what, ": ", MessageOf(status)));
}

}  // namespace internal
}  // namespace rtstream::testing
