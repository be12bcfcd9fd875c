#include "rocksdb_table_file.h"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/posix_file.h"
#include "rtstream/state/byte_io.h"

namespace rtstream::internal {
namespace {

// A table file ends with: one byte that names the kind of checksum, the places of two blocks in 40 bytes,
// the format, and a magic number. Each block is followed by a byte that says how it is compressed and a
// checksum of four bytes. (RocksDB, table/format.h.)
constexpr size_t kFooterSize = 53;
constexpr size_t kHandlesSize = 40;
constexpr uint64_t kMagic = 0x88e241b785f4cff7;
constexpr uint8_t kXxh3 = 4;
constexpr size_t kTrailerSize = 5;
constexpr uint64_t kLargestBlock = uint64_t{64} << 20;
constexpr std::string_view kProperties = "rocksdb.properties";

struct Place {
  uint64_t offset = 0;
  uint64_t size = 0;
};

Place ReadPlace(ByteReader& in) {
  const uint64_t offset = in.Varint();
  return {offset, in.Varint()};
}

// The block, if it is there and fits its checksum.
std::optional<std::string> ReadBlock(const UniqueFd& fd, const std::string& path, uint64_t file_size,
                                     Place place) {
  if (place.size > kLargestBlock || place.offset > file_size ||
      place.size + kTrailerSize > file_size - place.offset) {
    return std::nullopt;
  }
  std::string block(place.size + kTrailerSize, '\0');
  const absl::StatusOr<size_t> n = ReadAt(fd.get(), path, block.data(), block.size(), place.offset);
  if (!n.ok() || *n != block.size()) return std::nullopt;
  ByteReader trailer(std::string_view(block).substr(place.size));
  const uint8_t compression = trailer.U8();
  const uint32_t stored = trailer.U32();
  block.resize(place.size);
  constexpr uint32_t kForLastByte = 0x6b9083d9;
  if ((static_cast<uint32_t>(Checksum(block)) ^ compression * kForLastByte) != stored) {
    return std::nullopt;
  }
  return block;
}

// Where the block of properties is, by the block that names the others.
std::optional<Place> FindProperties(std::string_view names) {
  ByteReader in(names);
  std::string name;
  while (in.ok() && !in.done()) {
    const uint64_t shared = in.Varint(), own = in.Varint(), value_size = in.Varint();
    if (shared > name.size()) return std::nullopt;
    name.resize(shared);
    name.append(in.Raw(own));
    ByteReader value(in.Raw(value_size));
    if (name == kProperties && in.ok()) return ReadPlace(value);
  }
  return std::nullopt;
}

absl::Status CheckTableFile(const std::string& path) {
  absl::StatusOr<UniqueFd> fd = OpenFile(path, O_RDONLY);
  if (absl::IsNotFound(fd.status())) return absl::OkStatus();  // merged away just now
  RTSTREAM_RETURN_IF_ERROR(fd.status());
  RTSTREAM_ASSIGN_OR_RETURN(const FileStat stat, StatRegularFile(fd->get(), path));
  if (stat.size < kFooterSize) return absl::OkStatus();
  std::string footer(kFooterSize, '\0');
  RTSTREAM_RETURN_IF_ERROR(
      ReadAt(fd->get(), path, footer.data(), footer.size(), stat.size - kFooterSize).status());
  ByteReader in(footer);
  const uint8_t checksum = in.U8();
  ByteReader handles(in.Raw(kHandlesSize));
  const uint32_t format = in.U32();
  if (in.U64() != kMagic) return absl::OkStatus();
  if (checksum != kXxh3 || format != kTableFormat) {
    return absl::DataLossError(Concat(path, " is damaged: its footer is not one of ours"));
  }
  const std::optional<std::string> names = ReadBlock(*fd, path, stat.size, ReadPlace(handles));
  if (!names) return absl::OkStatus();
  const std::optional<Place> place = FindProperties(*names);
  if (!place || !ReadBlock(*fd, path, stat.size, *place)) {
    return absl::DataLossError(Concat(path, " is damaged: its properties do not fit their checksum"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTableFiles(const std::string& dir) {
  constexpr std::string_view kTable = ".sst";
  std::vector<std::string> paths;
  DIR* const stream = opendir(dir.c_str());
  if (stream == nullptr) return ErrnoStatus(errno, "open state directory", dir);
  while (const dirent* entry = readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name.size() > kTable.size() && name.substr(name.size() - kTable.size()) == kTable) {
      paths.push_back(Concat(dir, "/", name));
    }
  }
  closedir(stream);
  for (const std::string& path : paths) RTSTREAM_RETURN_IF_ERROR(CheckTableFile(path));
  return absl::OkStatus();
}

}  // namespace rtstream::internal
