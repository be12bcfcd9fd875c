#include "examples/retail/default_input.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "examples/retail/files.h"
#include "examples/retail/generate.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace retail {

absl::Status MakeDefaultInput() {
  if (Exists(kDefaultEvents)) return absl::OkStatus();
  const GenerateOptions options;
  std::fprintf(stderr, "retail: no --input: generating %llu events into %s\n",
               static_cast<unsigned long long>(options.events), kDefaultEvents);
  RTSTREAM_RETURN_IF_ERROR(MakeDirectory(kDefaultDirectory));
  RTSTREAM_RETURN_IF_ERROR(WriteMasterData(kDefaultMaster));
  const std::string unfinished = std::string(kDefaultEvents) + ".unfinished";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(unfinished.c_str(), "wb"),
                                                       &std::fclose);
  if (file == nullptr) {
    return absl::FailedPreconditionError(rt::Concat("cannot write ", unfinished));
  }
  RTSTREAM_RETURN_IF_ERROR(
      Generate(options, [&](std::string_view text) { return Write(file.get(), text); }));
  if (std::fclose(file.release()) != 0) {
    return absl::UnavailableError(rt::Concat("cannot write ", unfinished));
  }
  std::error_code error;
  std::filesystem::rename(unfinished, kDefaultEvents, error);
  if (error) {
    return absl::UnavailableError(
        rt::Concat("cannot rename ", unfinished, ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace retail
