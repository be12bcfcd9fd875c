#include "rtstream/testing/test_directory.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "rtstream/base/text.h"

namespace rtstream::testing {

TestDirectory::TestDirectory() {
  std::error_code error;
  std::string name = (std::filesystem::temp_directory_path(error) / "rtstream_XXXXXX").string();
  if (!error && mkdtemp(name.data()) != nullptr) path_ = name;
}

TestDirectory::~TestDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::string TestDirectory::Path(std::string_view name) const { return Concat(path_, "/", name); }

}  // namespace rtstream::testing
