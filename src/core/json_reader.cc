#include "rtstream/core/json_reader.h"

#include "rtstream/base/text.h"

namespace rtstream::internal {
namespace {

constexpr size_t kNone = ~size_t{0};

size_t FindField(absl::Span<const JsonField> fields, std::string_view name) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  return kNone;
}

}  // namespace

absl::Status ReadJsonObject(JsonCursor& in, absl::Span<const JsonField> fields, void* record,
                            uint64_t& seen) {
  bool is_last = false;
  if (!in.BeginObject(is_last)) return in.ToStatus({});
  // Members mostly come in declared order: the field behind the last one is tried first.
  size_t next = 0;
  while (!is_last) {
    size_t at = next < fields.size() ? next : 0;
    if (!in.TakeKey(fields[at].quoted)) [[unlikely]] {
      bool matched = false;
      std::string_view name;
      if (!in.ReadKey(fields[at].name, matched, name)) return in.ToStatus({});
      if (!matched) at = FindField(fields, name);
    }
    if (at == kNone) {
      if (!in.SkipValue()) return in.ToStatus({});
    } else {
      if ((seen >> at & 1) != 0) {
        return absl::InvalidArgumentError(Concat(fields[at].name, ": want one field, got two"));
      }
      seen |= uint64_t{1} << at;
      if (!fields[at].read(in, record)) return in.ToStatus(fields[at].name);
      next = at + 1;
    }
    if (!in.NextMember(is_last)) return in.ToStatus({});
  }
  return in.Finish() ? absl::OkStatus() : in.ToStatus({});
}

}  // namespace rtstream::internal
