#pragma once

#include <optional>
#include <string>
#include <vector>

#include "examples/retail/generate.h"
#include "examples/retail/rules.h"

namespace retail {

// What keeps the state in its directory; kAsMade: what made it, and a log for a new one.
enum class StoreKind { kAsMade, kLog, kRocksDb };

// What `retail run` was asked for.
struct RunFlags {
  std::vector<std::string> inputs;  // paths, or "-"
  std::string state = "retail-data/state";    // or kInMemory
  StoreKind store = StoreKind::kAsMade;
  std::string output = "retail-data/output";  // or kDiscard
  std::string master;
  std::string stock;
  Rules rules;
  bool follow = false;
  uint32_t lanes = 1;
  rt::Duration commit_interval = std::chrono::milliseconds(200);

  // Places that are no directories.
  static constexpr const char* kInMemory = ":memory:";
  static constexpr const char* kDiscard = ":discard:";
};

struct GenerateFlags {
  GenerateOptions options;
  std::string master;
};

struct QueryFlags {
  std::string state = "retail-data/state";
  std::string what;
  std::string sku;
  std::string store;
};

struct CheckFlags {
  std::string state = "retail-data/state";
  std::string output = "retail-data/output";
};

struct Command {
  enum class Kind { kRun, kGenerate, kQuery, kCheck } kind = Kind::kRun;
  RunFlags run;
  GenerateFlags generate;
  QueryFlags query;
  CheckFlags check;
};

// Reads the command line. Nothing: the program ends at once with `exit_code`; help or the error has
// been printed.
std::optional<Command> ParseCommand(int argc, char** argv, int& exit_code);

// Reads 200ms, 5s, 10m, 24h, 7d. InvalidArgument says what was wanted.
absl::StatusOr<rt::Duration> ParseDuration(std::string_view text);

}  // namespace retail
