#include "text_table.h"

#include <algorithm>

namespace rtstream {

std::string TextTable::ToString() const {
  std::vector<std::string> heads;
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns_.size(); ++c) {
    heads.push_back(columns_[c].head);
    widths.push_back(columns_[c].head.size());
    for (const auto& row : rows_) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string out;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      const std::string blanks(widths[c] - cells[c].size(), ' ');
      line += c == 0 ? "" : "  ";
      line += columns_[c].align == Align::kRight ? blanks + cells[c] : cells[c] + blanks;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  add_line(heads);
  for (const auto& row : rows_) add_line(row);
  return out;
}

}  // namespace rtstream
