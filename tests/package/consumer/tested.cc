// A test of a pipeline and of a plug-in with the test kit, without a test framework.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "rtstream/rtstream.h"
#include "rtstream/testing/pipeline_driver.h"
#include "rtstream/testing/store_contract.h"

namespace rt = rtstream;

int main() {
  rt::MemorySource<int64_t> numbers;
  rt::MemorySink<int64_t> doubled;
  rt::testing::PipelineDriver driver([&] {
    return rt::From(numbers) | rt::Map("double", [](const int64_t& n) { return 2 * n; })
         | rt::To(doubled);
  });
  numbers.Push(21);
  if (!driver.Drain().ok() || !driver.Commit().ok() || !driver.Crash().ok()) return 1;
  if (doubled.all().size() != 1 || doubled.all()[0] != 42) {
    std::fprintf(stderr, "want 42 once\n");
    return 1;
  }
  const absl::Status holds = rt::testing::CheckContract(rt::testing::StoreContract(
      {.open = [](const std::string&) { return std::make_unique<rt::MemoryStateStore>(); }, .is_durable = false}));
  if (!holds.ok()) {
    std::fprintf(stderr, "%s\n", holds.ToString().c_str());
    return 1;
  }
  return 0;
}
