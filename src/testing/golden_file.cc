#include "rtstream/testing/golden_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "rtstream/base/text.h"
#include "rtstream/testing/text_diff.h"

namespace rtstream::testing {
namespace {

constexpr char kUpdate[] = "RTSTREAM_UPDATE_GOLDEN";

bool IsUpdating() {
  const char* const value = std::getenv(kUpdate);
  return value != nullptr && std::string_view(value) == "1";
}

absl::Status WriteFile(const std::string& path, std::string_view text) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out ? absl::OkStatus() : absl::UnknownError(Concat("cannot write golden file ", path));
}

}  // namespace

absl::Status CompareWithGoldenFile(const std::string& path, std::string_view got) {
  if (IsUpdating()) return WriteFile(path, got);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(Concat("there is no golden file ", path, ": run the test with ", kUpdate,
                                      "=1 to write it"));
  }
  std::ifstream in(path, std::ios::binary);
  const std::string want{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) return absl::UnknownError(Concat("cannot read golden file ", path));
  if (want == got) return absl::OkStatus();
  std::string diff = DiffLines(SplitLines(want), SplitLines(got));
  if (diff.empty()) diff = "only the end of the last line\n";
  return absl::FailedPreconditionError(Concat("differs from golden file ", path, ":\n", diff, "run the test with ",
                                              kUpdate, "=1 to take it as it is now"));
}

}  // namespace rtstream::testing
