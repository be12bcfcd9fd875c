// retail: the retail pipeline as a program. See README.md beside this file.

#include <fcntl.h>
#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "examples/retail/check.h"
#include "examples/retail/exit_code.h"
#include "examples/retail/files.h"
#include "examples/retail/flags.h"
#include "examples/retail/generate.h"
#include "examples/retail/query.h"
#include "examples/retail/run.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/log_store.h"
#include "rtstream/connectors/rocksdb_store.h"

namespace retail {
namespace {

ExitCode Report(ExitCode code, const absl::Status& status) {
  if (status.ok()) return kExitDone;
  std::fprintf(stderr, "retail: %s\n", std::string(rt::MessageOf(status)).c_str());
  return code;
}

absl::Status WriteOut(std::string_view text) { return Write(stdout, text); }

absl::Status FlushOut() {
  return std::fflush(stdout) == 0
             ? absl::OkStatus()
             : absl::UnavailableError("cannot write to standard output");
}

// A standard stream that is closed would give its number to the next file, and what is printed would go
// into that one. Held so that using it is still an error.
void HoldStandardStreams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
  }
}

ExitCode RunGenerate(const GenerateFlags& flags) {
  if (absl::Status status = CheckOptions(flags.options); !status.ok()) {
    return Report(kExitUsage, status);
  }
  if (!flags.master.empty()) {
    if (absl::Status status = WriteMasterData(flags.master); !status.ok()) {
      return Report(kExitFailed, status);
    }
  }
  absl::Status status = Generate(flags.options, WriteOut);
  status.Update(FlushOut());
  return Report(kExitFailed, status);
}

// Of either kind of store.
absl::StatusOr<std::unique_ptr<rt::StateReader>> OpenState(const std::string& dir) {
  return rt::LogStore::Holds(dir) ? rt::LogStore::OpenReadOnly(dir) : rt::RocksDbStore::OpenReadOnly(dir);
}

ExitCode RunQuery(const QueryFlags& flags) {
  if (absl::Status status = CheckFilters(flags); !status.ok()) return Report(kExitUsage, status);
  auto store = OpenState(flags.state);
  if (!store.ok()) return Report(kExitStateRefused, store.status());
  absl::Status status = Query(**store, flags, WriteOut);
  status.Update(FlushOut());
  return Report(kExitFailed, status);
}

ExitCode RunCheck(const CheckFlags& flags) {
  auto store = OpenState(flags.state);
  if (!store.ok()) return Report(kExitStateRefused, store.status());
  absl::Status status = Check(**store, flags.output, WriteOut);
  status.Update(FlushOut());
  return Report(kExitFailed, status);
}

}  // namespace
}  // namespace retail

int main(int argc, char** argv) {
  retail::HoldStandardStreams();
  // A commit builds some megabytes and drops them. Kept by the process, the next one need not ask the
  // kernel for zeroed pages again.
  constexpr int kLargestThreshold = 32 << 20;  // that malloc takes; larger blocks are mapped all the same
  mallopt(M_MMAP_THRESHOLD, kLargestThreshold);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  // A reader that is gone is an error of a write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  int exit_code = retail::kExitDone;
  const std::optional<retail::Command> command = retail::ParseCommand(argc, argv, exit_code);
  if (!command) return exit_code;
  switch (command->kind) {
    case retail::Command::Kind::kRun:
      return retail::Run(command->run);
    case retail::Command::Kind::kGenerate:
      return retail::RunGenerate(command->generate);
    case retail::Command::Kind::kQuery:
      return retail::RunQuery(command->query);
    case retail::Command::Kind::kCheck:
      return retail::RunCheck(command->check);
  }
  return retail::kExitUsage;
}
