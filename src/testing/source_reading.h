#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rtstream/testing/source_contract.h"

#pragma GCC visibility push(hidden)

// What the rules of SourceContract have in common.

namespace rtstream::testing::internal {

// A source that is read by hand, and what it gave, as a runner would commit it.
class SourceReading {
 public:
  // With a new source.
  explicit SourceReading(const ErasedSourceSetup& setup) : setup_(&setup), source_(setup.make()) {}

  // Begins anew behind `committed`. What was read before is forgotten.
  absl::Status Open(const std::map<std::string, std::string>& committed = {});
  // One poll. Checks what holds for every batch.
  absl::Status Step(size_t max_rows, size_t slot = 0);
  // Polls until the source is at its end, or has `records` and is idle.
  absl::Status Drain(size_t max_rows, size_t records);
  // Leaves out of positions() what the source says that it forgets.
  void Forget();

  PollResult last() const { return last_; }
  size_t records() const { return records_; }
  // Committed positions by the partitions' names.
  const std::map<std::string, std::string>& positions() const { return positions_; }
  // By the partitions' names: records as texts alone, and with position and ordinal.
  const std::map<std::string, std::vector<std::string>>& texts() const { return texts_; }
  const std::map<std::string, std::vector<std::string>>& lines() const { return lines_; }
  const std::map<uint32_t, std::string>& names() const { return names_; }
  ErasedSource& source() { return *source_; }

 private:
  const ErasedSourceSetup* setup_;
  std::unique_ptr<ErasedSource> source_;
  PollResult last_ = PollResult::kIdle;
  size_t records_ = 0;
  std::map<std::string, std::string> positions_;
  std::map<std::string, std::vector<std::string>> texts_, lines_;
  std::map<std::string, int64_t> newest_;  // position
  std::map<uint32_t, std::string> names_;
};

// Records of the whole input.
size_t CountRecords(const ErasedSourceSetup& setup);

// What `all` has behind the first `read[name]` of each partition.
std::map<std::string, std::vector<std::string>> RestOf(
    const std::map<std::string, std::vector<std::string>>& all,
    const std::map<std::string, std::vector<std::string>>& read);

// OK if the two hold the same; partitions without records do not count.
absl::Status WantPartitions(const std::map<std::string, std::vector<std::string>>& want,
                            const std::map<std::string, std::vector<std::string>>& got,
                            std::string_view what);

using SourceCheck = std::function<absl::Status(const ErasedSourceSetup&)>;
// The rules, each file's.
std::vector<std::pair<std::string, SourceCheck>> SourceReplayRules();

}  // namespace rtstream::testing::internal

#pragma GCC visibility pop
