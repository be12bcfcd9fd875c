#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtstream/connectors/file_source.h"

namespace rtstream {

// A record as a source gave it.
struct ReadRecord {
  std::string text;
  int64_t position = 0;
  int64_t ordinal = 0;
  std::string label;
  uint64_t length = 0;
  bool is_oversize = false;

  bool operator==(const ReadRecord&) const = default;
};

inline void PrintTo(const ReadRecord& r, std::ostream* os) {
  *os << r.label << ":" << r.position << " line " << r.ordinal << " length " << r.length
      << (r.is_oversize ? " cut: '" : ": '") << r.text << "'";
}

// Reads a source by hand and keeps what it gave, as a runner would commit it.
struct SourceReading {
  std::vector<ReadRecord> records;
  std::map<std::string, std::string> positions;  // by the partition's name
  std::map<std::string, bool> finished;
  uint64_t input_bytes = 0;
  size_t batches = 0;
  PollResult last = PollResult::kIdle;

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const ReadRecord& record : records) all.push_back(record.text);
    return all;
  }
  std::vector<CommittedPosition> committed() const {
    std::vector<CommittedPosition> all;
    for (const auto& [partition, resume] : positions) all.push_back({partition, resume});
    return all;
  }

  // One poll; its error, if any.
  absl::Status Step(FileSource& source, size_t max_rows = 512) {
    absl::StatusOr<PollResult> polled = source.Poll(max_rows, batch);
    if (!polled.ok()) return polled.status();
    last = *polled;
    if (last != PollResult::kBatch) return absl::OkStatus();
    const Frame& frame = batch.frame();
    EXPECT_EQ(frame.size(), batch.size());
    EXPECT_LE(batch.size(), max_rows);
    for (size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ(frame.raw(i), batch.rows()[i]);
      records.push_back({std::string(batch.rows()[i]), frame.position(i), frame.ordinal(i),
                         std::string(frame.label), frame.meta(i).raw_size,
                         (frame.meta(i).flags & RowMeta::kOversize) != 0});
    }
    const std::string name = source.PartitionName(frame.partition);
    positions[name] = batch.resume;
    finished[name] = source.IsFinished(frame.partition);
    input_bytes += batch.input_bytes;
    ++batches;
    return absl::OkStatus();
  }

  // What a runner leaves out of its commits.
  void Forget(FileSource& source) {
    for (const std::string& name : source.TakeForgotten()) positions.erase(name);
  }

  // Polls until there is nothing for now.
  absl::Status Drain(FileSource& source, size_t max_rows = 512) {
    for (;;) {
      absl::Status status = Step(source, max_rows);
      if (!status.ok() || last != PollResult::kBatch) return status;
    }
  }

  Batch<Bytes> batch;
};

// Opens at `committed` and reads until there is nothing for now; errors fail the test.
inline SourceReading ReadSource(FileSource& source, std::vector<CommittedPosition> committed = {},
                                size_t max_rows = 512) {
  SourceReading reading;
  for (const CommittedPosition& c : committed) reading.positions[c.partition] = c.resume;
  EXPECT_TRUE(source.Open(committed).ok());
  const absl::Status status = reading.Drain(source, max_rows);
  EXPECT_TRUE(status.ok()) << status;
  return reading;
}

}  // namespace rtstream
