#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace rtstream {

// A directory for one test, gone after it.
class ScratchDir {
 public:
  ScratchDir() {
    std::string name = (std::filesystem::temp_directory_path() / "rtstream_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~ScratchDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  std::string Path(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Makes the file, or cuts the one that is there, and fills it. Returns its path.
  std::string Write(std::string_view name, std::string_view text) const {
    return Put(name, text, std::ios::trunc);
  }
  std::string Append(std::string_view name, std::string_view text) const {
    return Put(name, text, std::ios::app);
  }
  std::string Read(std::string_view name) const {
    std::ifstream in(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Rename(std::string_view from, std::string_view to) const {
    std::filesystem::rename(Path(from), Path(to));
  }

 private:
  std::string Put(std::string_view name, std::string_view text, std::ios::openmode mode) const {
    std::ofstream(Path(name), std::ios::binary | mode) << text;
    return Path(name);
  }

  std::string path_;
};

}  // namespace rtstream
