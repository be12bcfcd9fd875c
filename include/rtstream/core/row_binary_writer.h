#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rtstream/core/mapping.h"
#include "rtstream/core/row_binary_codec.h"

namespace rtstream {

// A column of a table that takes records of a mapping.
struct RowBinaryColumn {
  std::string name;  // the field's name in the mapping
  std::string type;  // ClickHouse's name of it, such as DateTime64(6, 'UTC')

  friend bool operator==(const RowBinaryColumn&, const RowBinaryColumn&) = default;
};

// The columns in the order in which the writer writes them: T's fields in declared order. A table may have
// others; the INSERT then names these.
template <Mapped T>
std::vector<RowBinaryColumn> RowBinaryColumns() {
  (void)sizeof(internal::CheckedMapping<T>);
  std::vector<RowBinaryColumn> columns;
  [&]<size_t... I>(std::index_sequence<I...>) {
    (columns.push_back({std::string(internal::FieldNames<T>()[I]),
                        RowBinaryCodec<internal::MemberOf<T, I>>::Type()}),
     ...);
  }(std::make_index_sequence<internal::kFieldCount<T>>());
  return columns;
}

// Bytes that PutRowBinary writes at most.
template <Mapped T>
size_t RowBinaryBound(const T& record) {
  return std::apply(
      [&](const auto&... f) {
        return (RowBinaryCodec<typename std::remove_cvref_t<decltype(f)>::Member>::Bound(
                    record.*f.member) +
                ...);
      },
      Mapping<T>::kFields);
}

// Writes the record at `p`, where RowBinaryBound(record) bytes fit; returns its end.
template <Mapped T>
char* PutRowBinary(const T& record, char* p) {
  (void)sizeof(internal::CheckedMapping<T>);
  std::apply(
      [&](const auto&... f) {
        ((p = RowBinaryCodec<typename std::remove_cvref_t<decltype(f)>::Member>::Put(
              record.*f.member, p)),
         ...);
      },
      Mapping<T>::kFields);
  return p;
}

// Appends the record as a row. Many rows: RowBinaryWriter.
template <Mapped T>
void AppendRowBinary(const T& record, std::string& out) {
  const size_t size = out.size();
  const size_t bound = RowBinaryBound(record);
  // A string that grows by a row a time must grow by halves all the same.
  if (out.capacity() < size + bound) out.reserve(2 * (size + bound));
  out.resize(size + bound);
  out.resize(static_cast<size_t>(PutRowBinary(record, out.data() + size) - out.data()));
}

// Rows of a ClickHouse table in the format RowBinary, as an INSERT takes them, at the speed of copying:
//
//   rt::RowBinaryWriter<Sale> rows;
//   for (const Sale& sale : sales) rows.Append(sale);
//   Send("INSERT INTO sales FORMAT RowBinary", rows.bytes());
//   rows.Clear();
//
// The format has no framing: send whole rows, and count them. Keeps its memory; not thread-safe.
template <Mapped T>
class RowBinaryWriter {
 public:
  // Writes the record behind the others.
  void Append(const T& record) {
    const size_t bound = RowBinaryBound(record);
    if (capacity_ - size_ < bound) [[unlikely]] Grow(bound);
    char* const p = bytes_.get() + size_;
    const auto written = static_cast<size_t>(PutRowBinary(record, p) - p);
    assert(written <= bound && "more was written than the bound says");
    size_ += written;
    ++rows_;
  }

  // Valid until the next Append or Clear.
  std::string_view bytes() const { return {bytes_.get(), size_}; }
  size_t rows() const { return rows_; }  // appended since Clear()
  void Clear() { size_ = rows_ = 0; }    // forgets the rows and keeps the memory

 private:
  void Grow(size_t more) {
    const size_t capacity = 2 * (capacity_ + more);
    std::unique_ptr<char[]> bytes(new char[capacity]);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t rows_ = 0;
};

}  // namespace rtstream
