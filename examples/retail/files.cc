#include "examples/retail/files.h"

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "rtstream/base/text.h"

namespace retail {

namespace rt = rtstream;
namespace fs = std::filesystem;

namespace {

std::string SystemMessage() { return std::generic_category().message(errno); }

}  // namespace

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error && fs::is_directory(path, error)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      rt::Concat("cannot make the directory ", path, ": ",
                 error ? error.message() : std::string("something else has that name")));
}

absl::Status WriteFile(const std::string& path, std::string_view content) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                       &std::fclose);
  if (file == nullptr) {
    return absl::FailedPreconditionError(rt::Concat("cannot write ", path, ": ", SystemMessage()));
  }
  if (absl::Status status = Write(file.get(), content); !status.ok()) return status;
  if (std::fclose(file.release()) != 0) {
    return absl::UnavailableError(rt::Concat("cannot write ", path, ": ", SystemMessage()));
  }
  return absl::OkStatus();
}

absl::Status Write(std::FILE* file, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file) == text.size()) return absl::OkStatus();
  return absl::UnavailableError(rt::Concat("cannot write: ", SystemMessage()));
}

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  fs::path absolute = fs::weakly_canonical(path, error);
  return error ? path : absolute.string();
}

}  // namespace retail
