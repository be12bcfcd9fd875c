#include "examples/retail/files.h"

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/posix_file.h"

namespace retail {

namespace rt = rtstream;
namespace fs = std::filesystem;

namespace {

std::string SystemMessage() { return std::generic_category().message(errno); }

}  // namespace

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  // Those that hold a name that is new.
  std::vector<fs::path> changed;
  for (fs::path p = AbsolutePath(path); !fs::exists(p, error) && p.has_relative_path();) {
    p = p.parent_path();
    changed.push_back(p);
  }
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path, error)) {
    return absl::FailedPreconditionError(
        rt::Concat("cannot make the directory ", path, ": ",
                   error ? error.message() : std::string("something else has that name")));
  }
  for (const fs::path& p : changed) RTSTREAM_RETURN_IF_ERROR(rt::SyncDirectory(p.string()));
  return absl::OkStatus();
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

bool IsUtf8(std::string_view text) {
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // by the number of bytes
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0, size = 0; i < text.size(); i += size) {
    const uint32_t lead = byte(i);
    size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size == 0 || lead > 0xF4 || size > text.size() - i) return false;
    uint32_t code = size == 1 ? lead : lead & (0x7Fu >> size);
    for (size_t k = 1; k < size; ++k) {
      if ((byte(i + k) & 0xC0u) != 0x80) return false;
      code = code << 6 | (byte(i + k) & 0x3Fu);
    }
    if (code < kLeast[size] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  }
  return true;
}

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  // Absolute first: of a relative path with nothing there yet, weakly_canonical() leaves it relative.
  fs::path absolute = fs::absolute(path, error);
  if (!error) absolute = fs::weakly_canonical(absolute, error);
  if (error) return path;
  // A slash at the end stays where nothing is there yet, and goes where a directory is.
  return (absolute.has_filename() ? absolute : absolute.parent_path()).string();
}

}  // namespace retail
