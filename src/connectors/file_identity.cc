#include "file_identity.h"

#include "absl/status/status.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream {
namespace {

constexpr uint8_t kPositionFormat = 1;

}  // namespace

FileIdentity FileIdentity::Of(std::string_view prefix) {
  const std::string_view head = prefix.substr(0, kMaxPrefix);
  return {head.size(), StableHash(head)};
}

bool FileIdentity::Matches(std::string_view prefix) const {
  return prefix_size > 0 && prefix.size() >= prefix_size &&
         StableHash(prefix.substr(0, static_cast<size_t>(prefix_size))) == prefix_hash;
}

void EncodeFilePosition(const FilePosition& position, std::string& out) {
  ByteWriter writer(std::move(out));
  writer.U8(kPositionFormat);
  writer.U8(static_cast<uint8_t>(position.state));
  writer.Varint(position.generation);
  writer.Varint(static_cast<uint64_t>(position.offset));
  writer.Varint(static_cast<uint64_t>(position.line));
  writer.Varint(position.identity.prefix_size);
  writer.U64(position.identity.prefix_hash);
  out = std::move(writer).Take();
}

absl::StatusOr<FilePosition> DecodeFilePosition(std::string_view bytes) {
  ByteReader reader(bytes);
  FilePosition position;
  const uint8_t format = reader.U8();
  const uint8_t state = reader.U8();
  position.state = static_cast<FilePosition::State>(state);
  position.generation = reader.Varint();
  position.offset = static_cast<int64_t>(reader.Varint());
  position.line = static_cast<int64_t>(reader.Varint());
  position.identity.prefix_size = reader.Varint();
  position.identity.prefix_hash = reader.U64();
  if (!reader.ok() || !reader.done() || format != kPositionFormat || position.offset < 0 ||
      position.line < 1 || state > static_cast<uint8_t>(FilePosition::State::kRotated)) {
    return absl::DataLossError(Concat("a file's committed position of ", bytes.size(),
                                      " bytes in format ", format, " cannot be read, want format ",
                                      kPositionFormat));
  }
  return position;
}

std::string FilePartitionName(std::string_view path, const FileIdentity& identity) {
  return Concat(path, "#", OrderedHex(identity.prefix_hash));
}

std::string_view PathOfPartition(std::string_view name) {
  const size_t hash = name.rfind('#');
  return hash == std::string_view::npos || hash == 0 || name[0] != '/' ? std::string_view()
                                                                       : name.substr(0, hash);
}

}  // namespace rtstream
