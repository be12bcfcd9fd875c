#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "examples/retail/output_directory.h"
#include "examples/retail/tables.h"
#include "rtstream/core/dead_letter.h"
#include "rtstream/io/sink.h"

namespace retail {

inline constexpr std::string_view kFacts = "facts";
inline constexpr std::string_view kFailed = "failed";
inline constexpr std::string_view kHot = "hot";
inline constexpr std::string_view kCold = "cold";
inline constexpr std::string_view kDeadLetters = "dead_letters";
inline constexpr std::string_view kOutputs[] = {kFacts, kFailed, kHot, kCold, kDeadLetters};

// The path of one of the files above in an output directory.
std::string OutputPath(std::string_view dir, std::string_view name);

// The five sinks of a run.
struct Outputs {
  OutputDirectory directory;  // locked until the sinks are gone
  std::unique_ptr<rt::Sink<StockOutcome>> facts, failed, hot, cold;
  std::unique_ptr<rt::Sink<rt::DeadLetter>> dead_letters;
  // Uncommitted bytes that opening cut off the files.
  std::function<uint64_t()> cut_bytes;
};

// Sinks into files of `directory`.
Outputs FileOutputs(OutputDirectory directory);
// Sinks that drop everything.
Outputs DiscardedOutputs();

}  // namespace retail
