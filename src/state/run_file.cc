#include "rtstream/state/run_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"

namespace rtstream {
namespace {

constexpr uint8_t kRunFormat = 1;
constexpr size_t kWriteAtOnce = size_t{1} << 20;
constexpr uint64_t kMostBlocks = uint64_t{1} << 40;

template <typename T>
std::string_view BytesOf(const T* p, size_t n) {
  return {reinterpret_cast<const char*>(p), n * sizeof(T)};
}

uint64_t ChecksumOf(std::string_view lines, std::string_view fences) {
  RollingChecksum sum;
  sum.Add(lines);
  sum.Add(fences);
  return sum.value();
}

uint32_t FenceOf(const Word128& hash) { return static_cast<uint32_t>(hash.high >> 32); }

}  // namespace

uint64_t RunMeta::slices() const {
  uint64_t slices = 0;
  for (const Part& part : parts) slices |= uint64_t{1} << part.slice;
  return slices;
}

uint64_t RunMeta::ids() const {
  uint64_t n = 0;
  for (const Part& part : parts) n += part.ids;
  return n;
}

std::string RunMeta::Encode() const {
  ByteWriter out;
  out.U8(kRunFormat);
  out.String(blob);
  out.I64(bucket);
  out.U64(epoch);
  out.U32(id_bytes);
  out.U64(filter_at);
  out.U64(fences_at);
  out.U32(static_cast<uint32_t>(parts.size()));
  for (const Part& part : parts) {
    out.U32(part.slice);
    for (uint64_t v : {part.ids, part.first_block, part.blocks, part.first_line, part.lines,
                       part.checksum}) {
      out.U64(v);
    }
  }
  return std::move(out).Take();
}

absl::StatusOr<RunMeta> RunMeta::Decode(std::string_view bytes) {
  ByteReader in(bytes);
  if (const uint8_t format = in.U8(); format != kRunFormat) {
    return absl::FailedPreconditionError(Concat("a run has format ", format, ", want ", kRunFormat));
  }
  RunMeta meta;
  meta.blob = in.String();
  meta.bucket = in.I64();
  meta.epoch = in.U64();
  meta.id_bytes = in.U32();
  meta.filter_at = in.U64();
  meta.fences_at = in.U64();
  for (uint32_t n = in.U32(); n > 0 && in.ok(); --n) {
    Part part;
    part.slice = in.U32();
    for (uint64_t* v : {&part.ids, &part.first_block, &part.blocks, &part.first_line, &part.lines,
                        &part.checksum}) {
      *v = in.U64();
    }
    if (part.slice >= kSlices || part.blocks > kMostBlocks || part.lines > kMostBlocks) {
      return absl::DataLossError("a run's description is damaged");
    }
    meta.parts.push_back(part);
  }
  if (!in.ok() || !in.done() || (meta.id_bytes != 8 && meta.id_bytes != 16)) {
    return absl::DataLossError("a run's description is damaged");
  }
  return meta;
}

absl::StatusOr<std::unique_ptr<Run>> Run::Open(BlobStore& blobs, RunMeta meta, uint64_t slices) {
  std::unique_ptr<Run> run(new Run());
  run->meta_ = std::move(meta);
  absl::StatusOr<std::unique_ptr<BlobReader>> blob = blobs.Open(run->meta_.blob);
  if (absl::IsNotFound(blob.status())) {
    return absl::DataLossError(Concat("a commit names the run ", run->meta_.blob, ", which is missing"));
  }
  RTSTREAM_RETURN_IF_ERROR(blob.status());
  run->blob_ = *std::move(blob);
  uint64_t lines = 0, blocks = 0;
  for (const RunMeta::Part& part : run->meta_.parts) {
    if ((slices >> part.slice & 1) == 0) continue;
    lines += part.lines;
    blocks += part.blocks;
  }
  if (lines == 0) return run;
  run->filter_ = Pages(lines * sizeof(FilterLine));
  run->fences_.resize(blocks);
  auto* line = reinterpret_cast<FilterLine*>(run->filter_.data());
  size_t fence = 0;
  for (const RunMeta::Part& part : run->meta_.parts) {
    if ((slices >> part.slice & 1) == 0) continue;
    RTSTREAM_RETURN_IF_ERROR(run->blob_->Read(run->meta_.filter_at + part.first_line * sizeof(FilterLine),
                                              part.lines * sizeof(FilterLine),
                                              reinterpret_cast<char*>(line)));
    RTSTREAM_RETURN_IF_ERROR(run->blob_->Read(run->meta_.fences_at + part.first_block * sizeof(uint32_t),
                                              part.blocks * sizeof(uint32_t),
                                              reinterpret_cast<char*>(run->fences_.data() + fence)));
    if (ChecksumOf(BytesOf(line, part.lines), BytesOf(run->fences_.data() + fence, part.blocks)) !=
        part.checksum) {
      return absl::DataLossError(Concat("the filter of the run ", run->meta_.blob, " is damaged"));
    }
    run->filters_[part.slice] = RunFilter(line, part.lines);
    run->slice_fences_[part.slice] = {fence, fence + part.blocks, part.first_block};
    run->ids_ += part.ids;
    line += part.lines;
    fence += part.blocks;
  }
  return run;
}

Run::Blocks Run::BlocksOf(uint32_t slice, const Word128& hash) const {
  const Fences& at = slice_fences_[slice];
  const uint32_t* const begin = fences_.data() + at.begin;
  const uint32_t* const end = fences_.data() + at.end;
  // Hashes are spread evenly: the fence is near where it should be.
  constexpr uint64_t kNear = 64;
  const auto size = static_cast<uint64_t>(end - begin);
  const uint64_t guess = RunFilter::PlaceOf(hash.high, size).line;
  const uint32_t* from = begin + (guess - std::min(guess, kNear));
  const uint32_t* to = begin + std::min(size, guess + kNear);
  if (from != begin && *from >= FenceOf(hash)) from = begin;
  if (to != end && *to <= FenceOf(hash)) to = end;
  // Hashes with a fence's upper half may stand in the block before it.
  const uint32_t* low = std::lower_bound(from, to, FenceOf(hash));
  const uint32_t* high = std::upper_bound(low, to, FenceOf(hash));
  if (low != begin) --low;
  if (high != low) --high;
  return {at.first_block + static_cast<uint64_t>(low - begin),
          at.first_block + static_cast<uint64_t>(high - begin)};
}

void Run::WillNeed(Blocks blocks) const {
  blob_->WillNeed(blocks.first * kBlock, (blocks.last - blocks.first + 1) * kBlock);
}

absl::Status Run::CheckBlock(const char* block, uint64_t number) const {
  uint32_t count = 0, low_number = 0;
  uint64_t checksum = 0;
  std::memcpy(&count, block + kBlock - 16, sizeof count);
  std::memcpy(&low_number, block + kBlock - 12, sizeof low_number);
  std::memcpy(&checksum, block + kBlock - 8, sizeof checksum);
  if (Checksum({block, kBlock - 8}) == checksum && low_number == static_cast<uint32_t>(number) &&
      count <= per_block()) {
    return absl::OkStatus();
  }
  return absl::DataLossError(Concat("block ", number, " of the run ", meta_.blob, " is damaged"));
}

Word128 Run::HashAt(const char* block, size_t i) const {
  Word128 hash;
  std::memcpy(&hash.high, block + i * meta_.id_bytes, sizeof hash.high);
  if (meta_.id_bytes == 16) std::memcpy(&hash.low, block + i * 16 + 8, sizeof hash.low);
  return hash;
}

absl::StatusOr<bool> Run::IsInBlock(const char* block, uint64_t number, const Word128& hash) const {
  RTSTREAM_RETURN_IF_ERROR(CheckBlock(block, number));
  uint32_t count = 0;
  std::memcpy(&count, block + kBlock - 16, sizeof count);
  size_t low = 0, high = count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (HashAt(block, middle) < hash) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < count && HashAt(block, low) == hash;
}

absl::StatusOr<std::optional<bool>> Run::TryContains(Blocks blocks, const Word128& hash) const {
  alignas(64) std::array<char, kBlock> block;
  for (uint64_t number = blocks.first; number <= blocks.last; ++number) {
    if (!blob_->TryRead(number * kBlock, kBlock, block.data())) return std::nullopt;
    RTSTREAM_ASSIGN_OR_RETURN(const bool is_there, IsInBlock(block.data(), number, hash));
    if (is_there) return true;
  }
  return false;
}

absl::StatusOr<bool> Run::Contains(Blocks blocks, const Word128& hash) const {
  alignas(64) std::array<char, kBlock> block;
  for (uint64_t number = blocks.first; number <= blocks.last; ++number) {
    RTSTREAM_RETURN_IF_ERROR(blob_->Read(number * kBlock, kBlock, block.data()));
    RTSTREAM_ASSIGN_OR_RETURN(const bool is_there, IsInBlock(block.data(), number, hash));
    if (is_there) return true;
  }
  return false;
}

Run::Cursor::Cursor(const Run& run, const RunMeta::Part& part)
    : run_(&run), block_(part.first_block), end_(part.first_block + part.blocks) {}

absl::StatusOr<const Word128*> Run::Cursor::Next() {
  if (at_ < hashes_.size()) return &hashes_[at_++];
  if (block_ == end_) return nullptr;
  constexpr uint64_t kBlocksAtOnce = 64;
  const uint64_t n = std::min(kBlocksAtOnce, end_ - block_);
  buffer_.resize(n * kBlock);
  RTSTREAM_RETURN_IF_ERROR(run_->blob_->Read(block_ * kBlock, buffer_.size(), buffer_.data()));
  hashes_.clear();
  for (uint64_t b = 0; b < n; ++b) {
    const char* const block = buffer_.data() + b * kBlock;
    RTSTREAM_RETURN_IF_ERROR(run_->CheckBlock(block, block_ + b));
    uint32_t count = 0;
    std::memcpy(&count, block + kBlock - 16, sizeof count);
    for (size_t i = 0; i < count; ++i) hashes_.push_back(run_->HashAt(block, i));
  }
  block_ += n;
  at_ = 0;
  return Next();
}

absl::StatusOr<std::unique_ptr<RunWriter>> RunWriter::Create(BlobStore& blobs, std::string blob,
                                                             uint32_t id_bytes, uint64_t ids) {
  std::unique_ptr<RunWriter> writer(new RunWriter());
  RTSTREAM_ASSIGN_OR_RETURN(writer->blob_, blobs.Create(blob));
  writer->meta_.blob = std::move(blob);
  writer->meta_.id_bytes = id_bytes;
  writer->lines_.reserve(RunFilter::LinesFor(ids) + kSlices);
  return writer;
}

absl::Status RunWriter::BeginSlice(uint32_t slice, uint64_t ids) {
  RTSTREAM_RETURN_IF_ERROR(EndSlice());
  slice_lines_ = RunFilter::LinesFor(ids);
  line_number_ = 0;
  meta_.parts.push_back({slice, 0, blocks_, 0, lines_.size(), slice_lines_, 0});
  return absl::OkStatus();
}

absl::Status RunWriter::Add(const Word128& hash) {
  if (in_block_ == (Run::kBlock - Run::kBlockEnd) / meta_.id_bytes) RTSTREAM_RETURN_IF_ERROR(EndBlock());
  if (in_block_ == 0) fences_.push_back(FenceOf(hash));
  block_.append(reinterpret_cast<const char*>(&hash.high), sizeof hash.high);
  if (meta_.id_bytes == 16) block_.append(reinterpret_cast<const char*>(&hash.low), sizeof hash.low);
  ++in_block_;
  ++meta_.parts.back().ids;
  const RunFilter::Place place = RunFilter::PlaceOf(hash.high, slice_lines_);
  EndLinesBefore(place.line);
  line_.push_back(place.in_line);
  return absl::OkStatus();
}

void RunWriter::EndLinesBefore(uint64_t line) {
  for (; line_number_ < line; ++line_number_) {
    lines_.push_back(FilterLine::Of(line_));
    line_.clear();
  }
}

absl::Status RunWriter::EndBlock() {
  if (in_block_ == 0) return absl::OkStatus();
  block_.resize(Run::kBlock - Run::kBlockEnd);
  const auto number = static_cast<uint32_t>(blocks_);
  block_.append(reinterpret_cast<const char*>(&in_block_), sizeof in_block_);
  block_.append(reinterpret_cast<const char*>(&number), sizeof number);
  const uint64_t checksum = Checksum(block_);
  block_.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  out_.append(block_);
  block_.clear();
  in_block_ = 0;
  ++blocks_;
  if (out_.size() < kWriteAtOnce) return absl::OkStatus();
  absl::Status written = blob_->Append(out_);
  out_.clear();
  return written;
}

absl::Status RunWriter::EndSlice() {
  if (meta_.parts.empty()) return absl::OkStatus();
  RTSTREAM_RETURN_IF_ERROR(EndBlock());
  EndLinesBefore(slice_lines_);
  RunMeta::Part& part = meta_.parts.back();
  part.blocks = blocks_ - part.first_block;
  part.checksum = ChecksumOf(BytesOf(lines_.data() + part.first_line, part.lines),
                             BytesOf(fences_.data() + part.first_block, part.blocks));
  if (part.ids == 0) meta_.parts.pop_back();
  return absl::OkStatus();
}

absl::StatusOr<RunMeta> RunWriter::Finish() {
  RTSTREAM_RETURN_IF_ERROR(EndSlice());
  RTSTREAM_RETURN_IF_ERROR(blob_->Append(out_));
  meta_.filter_at = blocks_ * Run::kBlock;
  meta_.fences_at = meta_.filter_at + lines_.size() * sizeof(FilterLine);
  RTSTREAM_RETURN_IF_ERROR(blob_->Append(BytesOf(lines_.data(), lines_.size())));
  RTSTREAM_RETURN_IF_ERROR(blob_->Append(BytesOf(fences_.data(), fences_.size())));
  RTSTREAM_RETURN_IF_ERROR(blob_->Finish());
  return std::move(meta_);
}

}  // namespace rtstream
