#pragma once

#include <cstddef>
#include <string>
#include <vector>

#pragma GCC visibility push(hidden)

namespace rtstream {

// Cells in columns as wide as their widest cell, two spaces apart.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string head;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: as many cells as there are columns.
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  // Heads and rows, each a line without blanks at its end.
  std::string ToString() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace rtstream

#pragma GCC visibility pop
