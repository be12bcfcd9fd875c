#include "benchmarks/runner/rounds.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "absl/strings/str_format.h"
#include "benchmarks/runner/process.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/testing/allocations.h"

namespace bench {
namespace {

absl::Status Differ(const std::string& a, const Outcome& of_a, const std::string& b, const Outcome& of_b) {
  std::string message = rtstream::Concat("variants '", a, "' and '", b, "' found different things:");
  for (size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) {
    if (of_a[i] == of_b[i] || of_a[i].value == kNotCounted || of_b[i].value == kNotCounted) continue;
    message += rtstream::Concat(" ", of_a[i].name, " ", of_a[i].value, " and ", of_b[i].value, ";");
  }
  return absl::FailedPreconditionError(message);
}

// One run. Returns what it found.
absl::StatusOr<Outcome> RunOnce(const VariantEntry& entry, const RunSettings& settings,
                                Measured& measured) {
  const std::unique_ptr<Variant> variant = entry.make(settings);
  const uint64_t allocations = rtstream::testing::AllocationsOfThread();
  const double cpu = CpuSeconds();
  const auto begin = std::chrono::steady_clock::now();
  RTSTREAM_RETURN_IF_ERROR(variant->Run());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double cpu_took = CpuSeconds() - cpu;
  measured.allocations = rtstream::testing::AllocationsOfThread() - allocations;
  measured.resident_bytes = ResidentBytes();
  if (!settings.is_verifying) {
    measured.seconds.push_back(took.count());
    measured.cpu_seconds.push_back(cpu_took);
  }
  return variant->Finish();
}

}  // namespace

absl::StatusOr<std::vector<Measured>> RunRounds(const std::vector<VariantEntry>& variants,
                                                const RoundsOptions& options) {
  if (options.cpu >= 0) RTSTREAM_RETURN_IF_ERROR(PinThread(options.cpu));
  std::vector<Measured> measured(variants.size());
  for (int round = 0; round <= options.rounds; ++round) {
    const RunSettings settings{.is_verifying = round == 0, .lanes = options.lanes};
    std::optional<Outcome> first;
    for (size_t i = 0; i < variants.size(); ++i) {
      RTSTREAM_ASSIGN_OR_RETURN(Outcome outcome, RunOnce(variants[i], settings, measured[i]));
      if (!first) first = outcome;
      if (!Agree(outcome, *first)) return Differ(variants[0].name, *first, variants[i].name, outcome);
      if (round == 0) measured[i].outcome = std::move(outcome);
      measured[i].name = variants[i].name;
    }
  }
  for (Measured& m : measured) {
    std::sort(m.seconds.begin(), m.seconds.end());
    std::sort(m.cpu_seconds.begin(), m.cpu_seconds.end());
  }
  return measured;
}

std::string ToJson(const std::string& workload, uint64_t records, const RoundsOptions& options,
                   const std::vector<Measured>& measured) {
  const auto n = static_cast<double>(records);
  std::string out;
  for (const Measured& m : measured) {
    absl::StrAppendFormat(
        &out,
        R"({"workload":"%s","variant":"%s","records":%d,"rounds":%d,"lanes":%d,"cpu":%d,)"
        R"("ns_per_record":%.3f,"min":%.3f,"max":%.3f,"cpu_ns":%.3f,"million_per_second":%.3f,)"
        R"("allocations_per_record":%.5f,"resident_mb":%d,"time_over":{)",
        workload, m.name, records, options.rounds, options.lanes, options.cpu, m.median() / n * 1e9,
        m.seconds.front() / n * 1e9, m.seconds.back() / n * 1e9, m.cpu_median() / n * 1e9, n / m.median() / 1e6,
        static_cast<double>(m.allocations) / n, m.resident_bytes >> 20);
    for (const Measured& other : measured) {
      absl::StrAppendFormat(&out, R"(%s"%s":%.3f)", &other == measured.data() ? "" : ",", other.name,
                            m.median() / other.median());
    }
    out += "},\"outcome\":{";
    for (const Figure& figure : m.outcome) {
      absl::StrAppendFormat(&out, R"(%s"%s":%d)", &figure == m.outcome.data() ? "" : ",", figure.name,
                            figure.value);
    }
    out += "}}\n";
  }
  return out;
}

}  // namespace bench
