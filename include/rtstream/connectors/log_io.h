#pragma once

#include <cstddef>
#include <cstdint>

namespace rtstream {

// What a LogStore writes and syncs its files with: by default the system's calls. A host that counts what
// goes to the disk, or a test that makes it fail, derives from it. Thread-safe: a store calls it from the
// thread that applies and from its own.
class LogIo {
 public:
  virtual ~LogIo() = default;

  // Writes all the bytes at `offset`. 0, or what errno said.
  virtual int Write(int fd, const char* bytes, size_t size, uint64_t offset);
  // Makes the file's bytes durable: fdatasync(2). 0, or what errno said.
  virtual int Sync(int fd);

  // The system's calls.
  static LogIo& System();
};

}  // namespace rtstream
