#pragma once

#include <string>
#include <string_view>

namespace rtstream::testing {

// A new, empty directory for one test, under the system's directory for temporary files; gone with all that
// is in it when it is destroyed. If it cannot be made, path() is empty, and what is done there fails.
//
//   rt::testing::TestDirectory dir;
//   rt::FileSink<Fact> facts("facts", dir.Path("facts.ndjson"));
//
// Any thread.
class TestDirectory {
 public:
  TestDirectory();
  ~TestDirectory();
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  const std::string& path() const { return path_; }  // absolute; valid as long as the directory
  // The path of a file or directory in it.
  std::string Path(std::string_view name) const;

 private:
  std::string path_;
};

}  // namespace rtstream::testing
