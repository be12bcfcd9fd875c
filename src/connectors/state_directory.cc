#include "state_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "absl/strings/numbers.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream {
namespace {

constexpr std::string_view kMarker = "RTSTREAM";
constexpr std::string_view kRocksDbHead = "rtstream state, format ";
constexpr std::string_view kLogHead = "rtstream log state, format ";
constexpr std::string_view kDirectoryFormat = "1";
constexpr std::string_view kWitness = "last commit ";
constexpr size_t kHex = 16;

std::string_view HeadOf(StateDirectory::Kind kind) {
  return kind == StateDirectory::Kind::kLog ? kLogHead : kRocksDbHead;
}
std::string_view NameOf(StateDirectory::Kind kind) {
  return kind == StateDirectory::Kind::kLog ? "LogStore" : "RocksDbStore";
}
StateDirectory::Kind Other(StateDirectory::Kind kind) {
  return kind == StateDirectory::Kind::kLog ? StateDirectory::Kind::kRocksDb : StateDirectory::Kind::kLog;
}

std::string WitnessLine(uint64_t last_commit) {
  const std::string number = OrderedHex(last_commit);
  return Concat(kWitness, number, " ", OrderedHex(Checksum(number)), "\n");
}

// For the pipeline's user alone: who can write there can change results, and ids and keys are somebody's data.
absl::Status MakeDirectory(const std::string& dir) {
  if (mkdir(dir.c_str(), 0700) == 0) return SyncDirectory(Concat(dir, "/.."));
  if (errno == EEXIST) return absl::OkStatus();
  return ErrnoStatus(errno, "make state directory", dir);
}

// Whether nobody else can put a state of his own in its place.
absl::Status CheckIsSafe(const std::string& dir) {
  struct stat st;
  if (stat(dir.c_str(), &st) != 0) return ErrnoStatus(errno, "open state directory", dir);
  const uid_t own = geteuid();
  if (st.st_uid != own && st.st_uid != 0 && own != 0) {
    return absl::FailedPreconditionError(
        Concat("state directory ", dir, " belongs to user ", st.st_uid, ", want this process' own, ", own));
  }
  if ((st.st_mode & S_IWOTH) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("every user can write to state directory ", dir, ", want its owner alone: chmod 700"));
}

// Whether `dir` holds a marker or nothing at all; what a new file system brings along does not count.
absl::Status CheckIsOurs(const std::string& dir) {
  DIR* const stream = opendir(dir.c_str());
  if (stream == nullptr) return ErrnoStatus(errno, "open state directory", dir);
  bool is_empty = true, has_marker = false;
  while (const dirent* entry = readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name == kMarker) has_marker = true;
    if (name != "." && name != ".." && name != "lost+found") is_empty = false;
  }
  closedir(stream);
  if (has_marker || is_empty) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat(dir, " holds files that are not a state of rtstream, want an empty directory"));
}

// For a marker that is cut so short that it does not say what it marks.
absl::Status CheckHasNone(StateDirectory::Kind kind, const std::string& dir) {
  const std::string first = Concat(dir, kind == StateDirectory::Kind::kLog ? "/index" : "/CURRENT");
  if (access(first.c_str(), F_OK) != 0) return absl::OkStatus();
  return absl::DataLossError(Concat("state directory ", dir, " is damaged: its ", kMarker, " is cut short, and ",
                                    first, " is of a ", NameOf(kind)));
}

absl::Status WriteAt(int fd, std::string_view bytes, size_t offset, std::string_view path) {
  const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (n == static_cast<ssize_t>(bytes.size())) return absl::OkStatus();
  return ErrnoStatus(n < 0 ? errno : ENOSPC, "write", path);
}

}  // namespace

absl::StatusOr<StateDirectory> StateDirectory::Lock(const std::string& dir, Kind kind) {
  RTSTREAM_RETURN_IF_ERROR(MakeDirectory(dir));
  RTSTREAM_RETURN_IF_ERROR(CheckIsOurs(dir));
  RTSTREAM_RETURN_IF_ERROR(CheckIsSafe(dir));
  StateDirectory state;
  state.kind_ = kind;
  state.path_ = Concat(dir, "/", kMarker);
  RTSTREAM_ASSIGN_OR_RETURN(state.marker_, OpenFile(state.path_, O_RDWR | O_CREAT | O_NOFOLLOW));
  if (flock(state.marker_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, "lock", state.path_);
    return absl::FailedPreconditionError(
        Concat("state directory ", dir, " is in use by another process, or by a store that this one has open"));
  }
  RTSTREAM_RETURN_IF_ERROR(state.ReadMarker());
  if (state.phase_ == Phase::kBegun) RTSTREAM_RETURN_IF_ERROR(CheckHasNone(Other(kind), dir));
  return state;
}

absl::StatusOr<StateDirectory> StateDirectory::Look(const std::string& dir, Kind kind) {
  struct stat st;
  if (stat(dir.c_str(), &st) != 0) return ErrnoStatus(errno, "open state directory", dir);
  StateDirectory state;
  state.kind_ = kind;
  state.path_ = Concat(dir, "/", kMarker);
  absl::StatusOr<UniqueFd> marker = OpenFile(state.path_, O_RDONLY);
  if (absl::IsNotFound(marker.status())) {
    return absl::FailedPreconditionError(Concat(dir, " is not a state directory of rtstream"));
  }
  RTSTREAM_RETURN_IF_ERROR(marker.status());
  state.marker_ = *std::move(marker);
  RTSTREAM_RETURN_IF_ERROR(state.ReadMarker());
  return state;
}

std::string StateDirectory::FirstLine() const { return Concat(HeadOf(kind_), kDirectoryFormat, "\n"); }

absl::Status StateDirectory::ReadMarker() {
  RTSTREAM_RETURN_IF_ERROR(StatRegularFile(marker_.get(), path_).status());
  char bytes[256];
  RTSTREAM_ASSIGN_OR_RETURN(const size_t size,
                            ReadAt(marker_.get(), path_, bytes, sizeof bytes, 0));
  const std::string_view text(bytes, size);
  const std::string whole = Concat(FirstLine(), WitnessLine(0));
  if (text.size() < whole.size() && whole.substr(0, text.size()) == text) return absl::OkStatus();
  const std::string_view head = HeadOf(kind_), other = HeadOf(Other(kind_));
  if (text.substr(0, other.size()) == other) {
    return absl::FailedPreconditionError(Concat(path_.substr(0, path_.rfind('/')), " holds the state of a ",
                                                NameOf(Other(kind_)), ", want one of a ", NameOf(kind_)));
  }
  if (text.substr(0, head.size()) != head) {
    return absl::DataLossError(Concat(path_, " is damaged: want a line '", head, kDirectoryFormat, "'"));
  }
  if (text.substr(0, FirstLine().size()) != FirstLine()) {
    const std::string_view rest = text.substr(head.size());
    uint32_t format = 0;
    const std::string_view digits = rest.substr(0, rest.find('\n'));
    if (!absl::SimpleAtoi(absl::string_view(digits.data(), digits.size()), &format)) {
      return absl::DataLossError(Concat(path_, " is damaged: its format is no number"));
    }
    return absl::FailedPreconditionError(
        Concat(path_, " has format ", format, ", this library knows ", kDirectoryFormat));
  }
  const std::string_view witness = text.substr(FirstLine().size());
  const std::string_view number = witness.substr(0, kWitness.size() + kHex).substr(
      std::min(witness.size(), kWitness.size()));
  if (!absl::SimpleHexAtoi(absl::string_view(number.data(), number.size()), &last_commit_) ||
      witness != WitnessLine(last_commit_)) {
    return absl::DataLossError(Concat(path_, " is damaged: its last commit does not fit its checksum"));
  }
  phase_ = Phase::kMade;
  return absl::OkStatus();
}

absl::Status StateDirectory::FinishMaking(uint64_t last_commit) {
  const std::string whole = Concat(FirstLine(), WitnessLine(last_commit));
  RTSTREAM_RETURN_IF_ERROR(WriteAt(marker_.get(), whole, 0, path_));
  if (fsync(marker_.get()) != 0) return ErrnoStatus(errno, "sync", path_);
  const std::string dir = path_.substr(0, path_.size() - kMarker.size());
  RTSTREAM_RETURN_IF_ERROR(SyncDirectory(dir));
  phase_ = Phase::kMade;
  last_commit_ = last_commit;
  return absl::OkStatus();
}

void StateDirectory::Witness(uint64_t last_commit) {
  last_commit_ = last_commit;
  WriteAt(marker_.get(), WitnessLine(last_commit), FirstLine().size(), path_).IgnoreError();
}

}  // namespace rtstream
