#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtstream/testing/sink_contract.h"
#include "rtstream/testing/text_diff.h"
#include "tests/testing/gathered.h"

// Outbox sinks to a table that keeps one row a key, as a database does that is updated.

namespace rtstream::testing {

struct Table {
  std::map<std::string, std::string> rows;
  std::set<std::string> tokens;
};

inline std::string KeyOf(const std::string& row) { return row.substr(0, row.find('=')); }

// `kKnowsTokens`: puts nothing of a chunk that it has seen. Without, an old chunk puts back what a later one replaced.
template <bool kKnowsTokens>
class TableSink final : public OutboxSink<std::string>, Gathered {
 public:
  explicit TableSink(Table& table) : table_(&table) {}
  std::string_view name() const override { return "table"; }
  uint64_t bytes_written() const override { return bytes_; }
  absl::Status Write(const Rows<std::string>& rows) override {
    Gather(rows);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    std::vector<std::string> chunks(open_.empty() ? 0 : 1);
    for (const std::string& row : open_) absl::StrAppend(&chunks[0], row, "\n");
    open_.clear();
    return chunks;
  }
  absl::Status Send(const OutboxChunk& chunk) override {
    const bool is_new = table_->tokens.insert(chunk.token).second;
    if (kKnowsTokens && !is_new) return absl::OkStatus();
    for (const std::string& row : SplitLines(chunk.bytes)) table_->rows[KeyOf(row)] = row;
    return absl::OkStatus();
  }

 private:
  Table* table_;
};

template <bool kKnowsTokens>
class TablePlace final : public SinkPlace<std::string> {
 public:
  Sink<std::string>& Restart() override { return sink_.emplace(table_); }
  absl::StatusOr<std::vector<std::string>> Read() override {
    std::vector<std::string> rows;
    for (const auto& [key, row] : table_.rows) rows.push_back(row);
    return rows;
  }

 private:
  Table table_;
  std::optional<TableSink<kKnowsTokens>> sink_;
};

// Twelve rows of ten keys: a1 and a2 come twice, with other values.
template <bool kKnowsTokens>
SinkSetup<std::string> TableSetup() {
  std::vector<std::string> rows;
  for (int i = 0; i < 12; ++i) rows.push_back(absl::StrCat("a", i == 6 || i == 7 ? i - 5 : i, "=", i));
  return {.make_place = [] { return std::make_unique<TablePlace<kKnowsTokens>>(); }, .rows = rows, .key = KeyOf};
}

}  // namespace rtstream::testing
