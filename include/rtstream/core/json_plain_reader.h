#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/types/span.h"
#include "rtstream/base/arena.h"
#include "rtstream/base/bytes.h"
#include "rtstream/core/json_cursor.h"
#include "rtstream/core/plain_input.h"

namespace rtstream::internal {

// A field of a mapping without its types.
struct JsonField {
  std::string_view name;
  std::string_view quoted;  // the name as machines write it: "name":
  bool (*read)(JsonCursor& in, void* record);
  // The codec's ReadPlain; null if it has none.
  const char* (*read_plain)(const char* p, PlainInput& in, void* record);
  bool is_text;
};

// The part of a reader that does not depend on the record's type: what it has learned of the stream.
class JsonPlainReader {
 public:
  JsonPlainReader(absl::Span<const JsonField> fields, const JsonLimits& limits);

  // Makes ready to read `text`; null if it has to be read strictly. `readable_end`: the bytes up to it may
  // be read. Returns where to read, which is a copy of the text if too few are readable behind it.
  const char* Begin(std::string_view text, const char* readable_end) {
    const size_t size = text.size();
    if (size - 2 > longest_ || text[size - 1] != '}') [[unlikely]] return nullptr;
    const char* const end = text.data() + size;
    if (readable_end - end < static_cast<std::ptrdiff_t>(PlainInput::kReach)) [[unlikely]] {
      return BeginCopy(text);
    }
    in_.Begin(text.data(), end, text.data());
    return text.data();
  }

  // Reads the members in any order, from the end of a value on, or from the opening brace; the first
  // `count` fields of the mapping stand before it. `seen` is set to a bit for each that came. False if the
  // record has to be read strictly: it may be one to be refused, or is of a form that machines hardly write.
  bool ReadInAnyOrder(const char* p, size_t count, void* record, Arena& arena, uint64_t& seen);

  PlainInput& in() { return in_; }
  const JsonLimits& limits() const { return limits_; }

 private:
  static constexpr size_t kMostFields = 64;
  static constexpr uint8_t kUnknown = kMostFields;  // a member that the mapping does not know

  // What stood last between the end of a value and the next value, quotes of texts included.
  struct Step {
    uint8_t field = kUnknown;
    uint8_t size = 0;  // 0: nothing is known
    std::array<char, 46> text{};

    bool IsAt(const char* p, const char* end) const {
      return LoadWord<uint32_t>(p) == LoadWord<uint32_t>(text.data()) && size != 0 && end - p > size &&
             EqualBytes(p, text.data(), size);
    }
  };
  // What tells a name from the mapping's others, but for its bytes behind sixteen.
  class Name {
   public:
    Name() = default;
    // REQUIRES: sixteen bytes are readable.
    Name(const char* begin, size_t size);
    size_t Hash() const;
    friend bool operator==(const Name& a, const Name& b) {
      return ((a.head_ ^ b.head_) | (a.tail_ ^ b.tail_) | (a.size_ ^ b.size_)) == 0;
    }

   private:
    uint64_t head_ = 0, tail_ = 0, size_ = 0;
  };
  // How the value of a field, or of an unknown member, is read.
  struct Value {
    const char* (*read_plain)(const char* p, PlainInput& in, void* record) = nullptr;
    uint8_t quotes = 0;  // 1: a text, read from behind its quote to the other one
  };
  struct Learned {
    // Behind the opening brace, behind each field, and behind an unknown member that follows each of these.
    std::array<Step, 2 * (kMostFields + 1)> steps;
    std::array<Value, kMostFields + 1> values;
    std::array<Name, kMostFields> names;
    // Fields by the hash of their names, with linear probing.
    std::array<uint8_t, 256> by_name;
    // Where records are copied to; made when it is needed.
    std::unique_ptr<char[]> copy;
  };

  const char* BeginCopy(std::string_view text);
  // The member from `p` on, behind a value with so many quotes, up to its own value; the record's end, if
  // that stands there; null if it is not plain.
  const char* ReadLead(const char* p, size_t quotes, Step& step, uint8_t& field);
  uint8_t FieldOf(std::string_view name) const;
  // The end of the value at `p`, read by its codec's Read; null if the record has to be read strictly.
  const char* ReadStrictly(const char* p, uint8_t field, void* record, Arena& arena, size_t& members);

  absl::Span<const JsonField> fields_;
  JsonLimits limits_;
  // Longest text that is read, less two: no limit needs to be looked at in one.
  size_t longest_ = 0;
  PlainInput in_;
  const char* start_ = nullptr;  // the opening brace, if the members are read from there
  std::unique_ptr<Learned> learned_;
};

}  // namespace rtstream::internal
