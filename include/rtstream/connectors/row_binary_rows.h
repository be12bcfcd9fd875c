#pragma once

#include <string_view>

#include "rtstream/base/byte_buffer.h"
#include "rtstream/core/row_binary_writer.h"

namespace rtstream {

// Writes rows of a file sink as ClickHouse's RowBinary by the mapping declared for the row, at the speed of
// copying. The format has nothing between rows; RowBinaryColumns<T>() gives the columns.
//
//   rt::FileSink<Sale, rt::RowBinaryRows> sales("sales", "/data/out/sales.bin");
struct RowBinaryRows {
  static constexpr std::string_view kRowEnd = "";  // the format has no line ends

  // Appends the row; it cannot fail.
  template <Mapped T>
  void operator()(const T& row, ByteBuffer& out) const {
    out.EndAt(PutRowBinary(row, out.Room(RowBinaryBound(row))));
  }
};

}  // namespace rtstream
