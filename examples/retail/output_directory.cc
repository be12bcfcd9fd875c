#include "examples/retail/output_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/status/status.h"
#include "examples/retail/files.h"
#include "examples/retail/output_files.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/checkpoint.h"

namespace retail {

namespace rt = rtstream;

namespace {

constexpr std::string_view kHead = "retail output, format 1\nstate ";
constexpr size_t kHex = 16;
constexpr size_t kMostBytes = 16 << 10;  // paths have 4 KiB at most

std::string Describe(const OutputOwner& owner) {
  return rt::Concat(rt::OrderedHex(owner.lineage), " ", owner.state);
}

std::string ContentOf(const OutputOwner& owner) { return rt::Concat(kHead, Describe(owner), "\n"); }

// For a person who has to write it.
std::string Wanted(const OutputOwner& owner) {
  return rt::Concat("a file of these lines, if the directory is still this state's:\n", kHead,
                    Describe(owner));
}

// Nothing: the content is not what ContentOf() gives.
std::optional<OutputOwner> ParseOwner(std::string_view content) {
  if (content.size() <= kHead.size() + kHex) return std::nullopt;
  OutputOwner owner;
  const char* const hex = content.data() + kHead.size();
  if (std::from_chars(hex, hex + kHex, owner.lineage, 16).ec != std::errc()) return std::nullopt;
  const std::string_view rest = content.substr(kHead.size() + kHex);
  if (rest.size() > 2) owner.state = rest.substr(1, rest.size() - 2);
  return content == ContentOf(owner) ? std::optional(owner) : std::nullopt;
}

absl::StatusOr<std::string> ReadContent(int fd, const std::string& path) {
  std::string content(kMostBytes, '\0');
  RTSTREAM_ASSIGN_OR_RETURN(const size_t size,
                            rt::ReadAt(fd, path, content.data(), content.size(), 0));
  content.resize(size);
  return content;
}

absl::Status WriteContent(int fd, const std::string& path, std::string_view content) {
  if (ftruncate(fd, 0) != 0) return rt::ErrnoStatus(errno, "cut", path);
  const ssize_t n = pwrite(fd, content.data(), content.size(), 0);
  if (n != static_cast<ssize_t>(content.size())) {
    return rt::ErrnoStatus(n < 0 ? errno : ENOSPC, "write", path);
  }
  return fsync(fd) == 0 ? absl::OkStatus() : rt::ErrnoStatus(errno, "sync", path);
}

absl::Status Foreign(const std::string& dir, const OutputOwner& theirs, const OutputOwner& ours) {
  return absl::FailedPreconditionError(
      rt::Concat("output directory ", dir, " belongs to the state ", Describe(theirs),
                 ", this run has the state ", Describe(ours), ": want a directory of its own"));
}

// What stands in an output file is somebody's, also where it does not say whose.
absl::Status CheckHoldsNothing(const std::string& dir) {
  for (std::string_view name : kOutputs) {
    const std::string path = OutputPath(dir, name);
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(path, error);
    if (!error && size > 0) {
      return absl::FailedPreconditionError(rt::Concat("output file ", path, " has ", size,
                                                      " bytes of another run, want a new file"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OutputDirectory> OutputDirectory::Lock(const std::string& dir, int flags) {
  OutputDirectory directory;
  directory.path_ = dir;
  const std::string path = rt::Concat(dir, "/", kOwner);
  RTSTREAM_ASSIGN_OR_RETURN(directory.owner_, rt::OpenFile(path, flags));
  RTSTREAM_RETURN_IF_ERROR(rt::StatRegularFile(directory.owner_.get(), path).status());
  if (flock(directory.owner_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return rt::ErrnoStatus(errno, "lock", path);
    return absl::FailedPreconditionError(
        rt::Concat("output directory ", dir, " is in use by another process"));
  }
  return directory;
}

absl::StatusOr<OutputDirectory> OutputDirectory::Take(const std::string& dir,
                                                      const OutputOwner& owner) {
  RTSTREAM_RETURN_IF_ERROR(MakeDirectory(dir));
  RTSTREAM_ASSIGN_OR_RETURN(OutputDirectory directory, Lock(dir, O_RDWR | O_CREAT));
  const std::string path = rt::Concat(dir, "/", kOwner);
  RTSTREAM_ASSIGN_OR_RETURN(const std::string content, ReadContent(directory.owner_.get(), path));
  const std::optional<OutputOwner> last = ParseOwner(content);
  if (last && last->state != owner.state) return Foreign(dir, *last, owner);
  RTSTREAM_RETURN_IF_ERROR(CheckHoldsNothing(dir));
  RTSTREAM_RETURN_IF_ERROR(WriteContent(directory.owner_.get(), path, ContentOf(owner)));
  RTSTREAM_RETURN_IF_ERROR(rt::SyncDirectory(dir));
  return directory;
}

absl::StatusOr<OutputDirectory> OutputDirectory::Reopen(const std::string& dir,
                                                        const OutputOwner& owner) {
  const std::string path = rt::Concat(dir, "/", kOwner);
  absl::StatusOr<OutputDirectory> directory = Lock(dir, O_RDWR);
  if (absl::IsNotFound(directory.status())) {
    return absl::DataLossError(rt::Concat(path, " is gone, want ", Wanted(owner)));
  }
  RTSTREAM_RETURN_IF_ERROR(directory.status());
  RTSTREAM_ASSIGN_OR_RETURN(const std::string content, ReadContent(directory->owner_.get(), path));
  const std::optional<OutputOwner> last = ParseOwner(content);
  if (!last) {
    return absl::DataLossError(rt::Concat(path, " is damaged, want ", Wanted(owner)));
  }
  if (last->lineage != owner.lineage) return Foreign(dir, *last, owner);
  return directory;
}

}  // namespace retail
