#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace rtstream {

// Puts together the fixed-width and length-prefixed values that stored formats are made of. Little
// endian.
//
//   ByteWriter out;
//   out.U8(kFormat);
//   out.String(name);
//   return std::move(out).Take();
class ByteWriter {
 public:
  ByteWriter() = default;
  // Writes into the memory of `used`, whose content is lost.
  explicit ByteWriter(std::string used) : bytes_(std::move(used)) {}
  ByteWriter(ByteWriter&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), size_(std::exchange(other.size_, 0)) {}
  ByteWriter& operator=(ByteWriter&& other) noexcept {
    bytes_ = std::exchange(other.bytes_, {});
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  void U8(uint8_t v) { Fixed(v); }    // one byte
  void U32(uint32_t v) { Fixed(v); }  // four bytes, the lowest first
  void U64(uint64_t v) { Fixed(v); }  // eight bytes, the lowest first
  void I64(int64_t v) { Fixed(v); }   // eight bytes, two's complement, the lowest first
  // Seven bits a byte, the lowest first (LEB128): 1 to 10 bytes.
  void Varint(uint64_t v) {
    if (v < 0x80) [[likely]] return U8(static_cast<uint8_t>(v));
    constexpr size_t kLongest = 10;
    char* const begin = Room(kLongest);
    char* p = begin;
    for (; v >= 0x80; v >>= 7) *p++ = static_cast<char>(v | 0x80);
    *p++ = static_cast<char>(v);
    size_ += static_cast<size_t>(p - begin);
  }
  // The length as a Varint, and the bytes.
  void String(std::string_view s) {
    Varint(s.size());
    Raw(s.data(), s.size());
  }
  // The bytes alone: the reader must know how many.
  void Raw(const void* p, size_t n) {
    if (n == 0) return;
    std::memcpy(Room(n), p, n);
    size_ += n;
  }

  // Writes over eight bytes that are there. REQUIRES: at + 8 <= size().
  void PatchU64(size_t at, uint64_t v) { std::memcpy(bytes_.data() + at, &v, sizeof v); }

  void Reserve(size_t n) { bytes_.reserve(n); }  // memory for so many bytes in all
  size_t size() const { return size_; }          // bytes written
  // What was written; the writer is empty again.
  std::string Take() && {
    bytes_.resize(std::exchange(size_, 0));
    return std::exchange(bytes_, {});
  }

 private:
  template <typename V>
  void Fixed(V v) {
    std::memcpy(Room(sizeof v), &v, sizeof v);
    size_ += sizeof v;
  }
  char* Room(size_t n) {
    if (bytes_.size() - size_ < n) [[unlikely]] Grow(n);
    return bytes_.data() + size_;
  }
  // A string fills what it grows by: little at a time, so that it is still in the cache when values are
  // written over it.
  [[gnu::noinline]] void Grow(size_t n) {
    bytes_.resize(size_ + std::max(n, std::clamp<size_t>(size_, 64, 4096)));
  }

  std::string bytes_;  // longer than size_
  size_t size_ = 0;
};

// Reads what ByteWriter wrote. After the first value that does not fit, ok() is false and every
// further value is zero or empty: check once, at the end. Strings are views into the input.
class ByteReader {
 public:
  // `in` must outlive the reader and the views that it gives.
  explicit ByteReader(std::string_view in) : in_(in) {}

  // Each reads what the writer's method of its name wrote.
  uint8_t U8() { return Fixed<uint8_t>(); }
  uint32_t U32() { return Fixed<uint32_t>(); }  // four bytes
  uint64_t U64() { return Fixed<uint64_t>(); }  // eight bytes
  int64_t I64() { return Fixed<int64_t>(); }    // eight bytes
  // A number that Varint() wrote.
  uint64_t Varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t b = U8();
      v |= static_cast<uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return v;
    }
    ok_ = false;
    return 0;
  }
  // A text that String() wrote: a view of the input.
  std::string_view String() { return Raw(Varint()); }
  // The next `n` bytes: a view of the input.
  std::string_view Raw(uint64_t n) {
    if (n > in_.size()) {
      ok_ = false;
      in_ = {};
      return {};
    }
    std::string_view s = in_.substr(0, static_cast<size_t>(n));
    in_.remove_prefix(static_cast<size_t>(n));
    return s;
  }

  bool ok() const { return ok_; }            // whether everything that was asked for was there
  bool done() const { return in_.empty(); }  // whether nothing is left

 private:
  template <typename V>
  V Fixed() {
    V v = 0;
    if (in_.size() < sizeof v) {
      ok_ = false;
      in_ = {};
      return v;
    }
    std::memcpy(&v, in_.data(), sizeof v);
    in_.remove_prefix(sizeof v);
    return v;
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace rtstream
