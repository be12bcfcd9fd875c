// Runs one workload through the library, once: what guard.py counts the instructions of.
//
//   bench_guard w1|w2|w3 RECORDS

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmarks/pipelines/w1.h"
#include "benchmarks/pipelines/windows.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace bench {
namespace {

absl::Status Run(std::unique_ptr<Variant> variant) {
  RTSTREAM_RETURN_IF_ERROR(variant->Run());
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome outcome, variant->Finish());
  for (const Figure& figure : outcome) {
    std::printf("%s %llu\n", std::string(figure.name).c_str(), static_cast<unsigned long long>(figure.value));
  }
  return absl::OkStatus();
}

absl::Status Run(std::string_view workload, uint64_t records) {
  if (records == 0) return absl::InvalidArgumentError("want a number of records above 0");
  const RunSettings settings;
  if (workload == "w1") {
    RTSTREAM_ASSIGN_OR_RETURN(const W1Input input, MakeW1Input(records, ""));
    return Run(MakeW1Rtstream(input, settings));
  }
  if (workload == "w2") {
    const Records<Tick> ticks = MakeTicks(records);
    return Run(MakeW2Rtstream(ticks, settings));
  }
  if (workload == "w3") {
    const W3Input input = MakeW3Input(records);
    return Run(MakeW3Rtstream(input, settings));
  }
  return absl::InvalidArgumentError(rtstream::Concat("there is no workload '", workload, "'"));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_guard w1|w2|w3 RECORDS\n");
    return 2;
  }
  if (const absl::Status status = bench::Run(argv[1], std::strtoull(argv[2], nullptr, 10)); !status.ok()) {
    std::fprintf(stderr, "bench_guard: %s\n", std::string(rtstream::MessageOf(status)).c_str());
    return 1;
  }
  return 0;
}
