#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rtstream/core/batch.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// Buffers that batches hold while they are in use, and that are used again when no batch does.
//
// Used by one thread, which is also the one that lets go of the batches.
class ReadBuffers {
 public:
  // Each of `size` bytes, with Frame::kPadding readable behind them.
  explicit ReadBuffers(size_t size) : size_(size) {}

  std::shared_ptr<char[]> Take();
  size_t size() const { return size_; }

 private:
  size_t size_;
  std::vector<std::shared_ptr<char[]>> all_;
};

// How the bytes of an input are cut into records; see FileSourceOptions.
struct LineOptions {
  std::string header;
  bool quoted_newlines = false;
  size_t max_record = 1 << 20;
  size_t chunk_bytes = 1 << 20;

  // What a buffer must hold: a record that is kept whole, its CR and LF, and a chunk.
  size_t buffer_bytes() const { return max_record + 2 + chunk_bytes; }
};

// Cuts bytes, which come in pieces of any size, into records, wherever the pieces end. Knows no files.
//
//   LineReader reader(options, buffers);
//   for (;;) {
//     while (*reader.Next(512, false, batch)) Use(batch);
//     absl::Span<char> space = reader.Space();
//     reader.Fill(Read(space.data(), space.size()));
//   }
//
// Used by one thread.
class LineReader {
 public:
  // Both must outlive the reader; buffers.size() is at least options.buffer_bytes().
  LineReader(const LineOptions& options, ReadBuffers& buffers)
      : options_(&options), buffers_(&buffers) {}

  // Forgets what was read; the next byte filled in is the one at `offset`, the first of line `line`.
  void Seek(int64_t offset, int64_t line);

  // Where the next bytes are to be read to: chunk_bytes long, valid until the next call.
  // REQUIRES: Next() has just returned false.
  absl::Span<char> Space();
  // `n` bytes were read there.
  void Fill(size_t n);

  // Makes `batch` of the next records, at most `max_rows`, and moves behind them; the partition and
  // its label are left to the caller. False: there is no whole line. True with an empty batch: only
  // what is no record was passed, or a piece of a record that is too long to keep. A record that is
  // not kept whole is the last of its batch, whose bytes end where the kept ones do.
  //
  // `is_end`: nothing more will come, so that a last line without LF is whole.
  // FailedPrecondition: the first line is not the header. The reader then stands where it stood.
  absl::StatusOr<bool> Next(size_t max_rows, bool is_end, Batch<Bytes>& batch);

  // Of the next record, or of the line that is not whole yet.
  int64_t offset() const { return offset_; }
  int64_t line() const { return line_; }
  // Of the next byte to be read.
  int64_t read_offset() const {
    return offset_ + static_cast<int64_t>(end_ - begin_ + dropped_);
  }
  bool has_pending() const { return end_ != begin_ || dropped_ != 0; }

 private:
  static constexpr size_t kNone = ~size_t{0};

  size_t kept_bytes() const;
  bool IsShared() const;
  void BeginLine(size_t at);
  size_t FindEnd();
  size_t FindEndOutsideQuotes();
  absl::StatusOr<bool> TakeHeader(bool is_end);
  void BeginOversize();
  bool NextOversize(bool is_end, Batch<Bytes>& batch);

  const LineOptions* options_;
  ReadBuffers* buffers_;
  std::shared_ptr<char[]> buffer_;
  size_t begin_ = 0;  // of the line at hand, in the buffer
  size_t end_ = 0;    // of what was read
  int64_t offset_ = 0;
  int64_t line_ = 1;

  // The search for the end of the line at hand: where it goes on when more bytes have come.
  size_t scan_ = 0;
  // LFs from where it began on, found together: of these, those from next_end_ on are behind scan_.
  std::array<uint32_t, 512> ends_;
  size_t ends_begin_ = 0, found_ends_ = 0, next_end_ = 0;
  bool is_in_quotes_ = false;
  int64_t inner_lines_ = 0;  // line ends inside quotes

  // A record too long to keep: [begin_, begin_ + kept_bytes()) stays, what follows is dropped.
  bool is_oversize_ = false;
  size_t dropped_ = 0;
  char last_dropped_ = 0;
};

}  // namespace rtstream

#pragma GCC visibility pop
