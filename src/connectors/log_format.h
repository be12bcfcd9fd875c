#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rtstream/state/state_store.h"

#pragma GCC visibility push(hidden)

// The files of a LogStore. All numbers are little endian.
//
//   log-<number>    a segment: a block of head, then records, each from the beginning of a block. Behind
//                   them zeros, or nothing.
//   moved-<number>  values that were copied out of segments; a record says which
//   index           where the live values were after some record: written anew, then renamed
//
// A record is one batch: a head of 32 bytes, a table of its writes, the values of its puts. Head and table
// have one checksum, under the segment's number and the log's random name, so that no record of another
// place is taken for one of this; each value has a checksum in the table. No block is written twice.
namespace rtstream::internal {

inline constexpr uint64_t kLogBlock = 4096;
inline constexpr size_t kRecordHeadSize = 32;
inline constexpr size_t kSegmentHeadSize = 32;

constexpr uint64_t UpToBlock(uint64_t bytes) { return (bytes + kLogBlock - 1) / kLogBlock * kLogBlock; }

// Where a value is.
struct LogPlace {
  uint64_t segment = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t checksum = 0;

  friend bool operator==(const LogPlace&, const LogPlace&) = default;
};

// A write as the log holds it.
struct LogEntry {
  enum class Kind : uint8_t {
    kPut = 1,
    kDelete = 2,
    kDeleteRange = 3,  // all keys in [key, end)
    kMove = 4,         // the value at `from` is now at `place`
  };
  Kind kind = Kind::kPut;
  std::string key;
  std::string end;
  uint64_t version = 0;
  LogPlace place, from;
};

struct LogRecord {
  uint64_t sequence = 0;
  std::vector<LogEntry> entries;
  uint64_t end = 0;  // where the next one begins
};

// Names a record's place, and goes into its checksum.
struct LogName {
  uint64_t lineage = 0;
  uint64_t segment = 0;
};

std::string EncodeSegmentHead(const LogName& name);
// False: the bytes are not the head of this segment.
bool IsSegmentHead(std::string_view bytes, const LogName& name);

// The head and table of a record of puts and deletes, whose values follow in the order of the writes.
// `entries` gets what they are, placed for a record at `offset`.
std::string EncodeBatch(const LogName& name, uint64_t sequence, uint64_t offset, const StateBatch& batch,
                        std::vector<LogEntry>& entries);
std::string EncodeMoves(const LogName& name, uint64_t sequence, const std::vector<LogEntry>& moves);

// How many bytes a record of this head takes, its values not counted, if it is one; else nothing.
std::optional<uint64_t> TableEnd(std::string_view head);
// The record whose head and table stand at `offset`; nothing if they do not fit their checksum.
std::optional<LogRecord> DecodeRecord(const LogName& name, uint64_t offset, std::string_view bytes);

}  // namespace rtstream::internal

#pragma GCC visibility pop
