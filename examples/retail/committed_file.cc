#include "examples/retail/committed_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "examples/retail/output_files.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/staged_file.h"

namespace retail {
namespace {

constexpr size_t kPiece = 1 << 20;

}  // namespace

absl::StatusOr<CommittedFile> CommittedFile::Open(const std::string& dir, std::string_view name,
                                                  const rt::CommitRecord& commit) {
  CommittedFile file;
  file.name_ = rt::Concat(name, ".ndjson");
  auto mark = commit.sinks.find(std::string(name));
  if (mark == commit.sinks.end()) {
    return absl::FailedPreconditionError(
        rt::Concat("the state was made without the output ", file.name_));
  }
  RTSTREAM_ASSIGN_OR_RETURN(file.left_, rt::StagedFile::CommittedLength(mark->second));
  const std::string path = OutputPath(dir, name);
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  file.file_.reset(std::fopen(path.c_str(), "rb"));
  if (error || file.file_ == nullptr) {
    return absl::DataLossError(rt::Concat("cannot open ", path));
  }
  if (size < file.left_) {
    return absl::DataLossError(rt::Concat(path, " has ", size, " bytes, fewer than the ",
                                          file.left_, " committed"));
  }
  return file;
}

absl::StatusOr<bool> CommittedFile::Next(std::string_view& line) {
  for (;;) {
    const size_t end = buffer_.find('\n', begin_);
    if (end != std::string::npos) {
      line = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      ++line_number_;
      return true;
    }
    if (left_ == 0) break;
    buffer_.erase(0, begin_);
    begin_ = 0;
    const size_t old = buffer_.size();
    buffer_.resize(old + static_cast<size_t>(std::min<uint64_t>(left_, kPiece)));
    const size_t got = std::fread(buffer_.data() + old, 1, buffer_.size() - old, file_.get());
    if (got == 0) return absl::DataLossError(rt::Concat("cannot read ", name_));
    buffer_.resize(old + got);
    left_ -= got;
  }
  if (begin_ != buffer_.size()) return Difference("the line has no end");
  return false;
}

absl::Status CommittedFile::Difference(std::string_view message) const {
  return absl::DataLossError(rt::Concat(name_, ", line ", line_number_, ": ", message));
}

}  // namespace retail
