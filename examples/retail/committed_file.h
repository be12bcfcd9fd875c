#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/runtime/commit_record.h"

namespace retail {

namespace rt = rtstream;

// Reads the lines of an output file up to the commit, and no further.
class CommittedFile {
 public:
  // DataLoss: the file is missing or shorter than committed.
  static absl::StatusOr<CommittedFile> Open(const std::string& dir, std::string_view name,
                                            const rt::CommitRecord& commit);

  // The next line, valid until the next call; false at the end. DataLoss: the last line has no end.
  absl::StatusOr<bool> Next(std::string_view& line);

  // Of the line that Next gave last, from 1.
  uint64_t line_number() const { return line_number_; }
  const std::string& name() const { return name_; }

  // "facts.ndjson, line 7: <message>".
  absl::Status Difference(std::string_view message) const;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;
  uint64_t left_ = 0;
  uint64_t line_number_ = 0;
  std::string buffer_;
  size_t begin_ = 0;
};

}  // namespace retail
