#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rtstream/base/arena.h"
#include "rtstream/core/json_codec.h"
#include "rtstream/core/json_cursor.h"
#include "rtstream/core/json_plain.h"
#include "rtstream/core/mapping.h"

namespace rtstream {
namespace internal {

// Reads the members of one object into `record`; `seen` gets a bit for each field that came.
absl::Status ReadJsonObject(JsonCursor& in, absl::Span<const JsonField> fields, void* record,
                            uint64_t& seen);

}  // namespace internal

// Reads one JSON object strictly by T's mapping. Views in `out` point into `text` or the arena.
// Fastest when members come in declared order. On success nothing is allocated but for escapes.
// Members whose fields are absent keep what they hold.
//
// InvalidArgument, saying the field, what was wanted and met, and the byte: the text is not one JSON
// object of UTF-8 within the limits, a field has another type or is out of range, comes twice, or is
// missing. `out` is then in an unspecified state.
template <Mapped T>
absl::Status ReadJson(std::string_view text, Arena& arena, T& out, const JsonLimits& limits = {}) {
  JsonCursor in(text, arena, limits);
  uint64_t seen = 0;
  absl::Status status = internal::ReadJsonObject(in, internal::kJsonFields<T>, &out, seen);
  if (!status.ok() || seen == internal::kAllFields<T>) [[likely]] return status;
  return internal::CheckPresent(out, seen);
}

// Reads the records of a stream as ReadJson reads each of them, to the same verdicts, values and messages,
// but several times as fast where they are plain: as machines mostly write them, see PlainInput. It knows
// the order in which T's mapping declares the fields, and learns another from the stream. A value that is
// not plain, a member that the mapping does not know or a space behind a comma or colon costs a little;
// anything else that is unusual, and every error, is left to ReadJson.
//
//   rt::JsonReader<Sale> reader;
//   for (const std::string& line : lines) status = reader.Read(line, arena, sale);
//
// A mapping takes part if all its codecs have ReadPlain, or else if T is trivially copyable.
//
// Not thread-safe; movable.
template <Mapped T>
class JsonReader {
 public:
  // More than these is refused, before anything is allocated for it.
  explicit JsonReader(const JsonLimits& limits = {}) : plain_(internal::kJsonFields<T>, limits) {}

  // Reads the record in `text`; views in it point into `text` or `arena`. InvalidArgument: what was
  // wanted, and where.
  absl::Status Read(std::string_view text, Arena& arena, T& out) {
    return Read(text, text.data() + text.size(), arena, out);
  }
  // The same, faster if PlainInput::kReach bytes behind the text are readable: those up to `readable_end`.
  absl::Status Read(std::string_view text, const char* readable_end, Arena& arena, T& out) {
    if constexpr (internal::kHasPlainJson<T>) {
      if (const char* const p = plain_.Begin(text, readable_end); p != nullptr) [[likely]] {
        internal::Restorer<T, internal::kAllHaveJsonPlain<T>> restorer(out);
        uint64_t seen = internal::kAllFields<T>;
        if (internal::ReadPlainRecord(p, plain_, arena, out, seen)) [[likely]] {
          if (seen == internal::kAllFields<T>) [[likely]] return absl::OkStatus();
          return internal::CheckPresent(out, seen);
        }
        restorer.Restore(out);
      }
    }
    ++strict_records_;
    return ReadJson(text, arena, out, plain_.limits());
  }

  // Records that were left to ReadJson.
  uint64_t strict_records() const { return strict_records_; }

 private:
  internal::JsonPlainReader plain_;
  uint64_t strict_records_ = 0;
};

}  // namespace rtstream
