#include "rtstream/core/json_plain_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "rtstream/base/bytes.h"
#include "rtstream/core/plain_text.h"

namespace rtstream::internal {
namespace {

constexpr size_t kLongestJsonCopy = 4096;

// The first n bytes of a word.
constexpr std::array<uint64_t, 9> kFirstBytes = [] {
  std::array<uint64_t, 9> masks{};
  for (size_t n = 1; n <= 8; ++n) masks[n] = ~uint64_t{0} >> (64 - 8 * n);
  return masks;
}();

const char* SkipPlainText(const char* p, PlainInput& in, void*) {
  const char* const quote = *p == '"' ? PlainTextEnd(p + 1, in.end()) : nullptr;
  return quote == nullptr ? nullptr : quote + 1;
}
const char* ReadNothing(const char*, PlainInput&, void*) { return nullptr; }

}  // namespace

JsonPlainReader::JsonPlainReader(absl::Span<const JsonField> fields, const JsonLimits& limits)
    : fields_(fields), limits_(limits), learned_(std::make_unique<Learned>()) {
  auto& by_name = learned_->by_name;
  by_name.fill(kUnknown);
  size_t longest_name = 0;
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string_view name = fields[i].name;
    learned_->values[i] = {fields[i].read_plain == nullptr ? &ReadNothing : fields[i].read_plain,
                           fields[i].is_text ? uint8_t{1} : uint8_t{0}};
    longest_name = std::max(longest_name, name.size());
    // A name is mostly told by its first sixteen bytes, and those are read at once.
    std::array<char, 16> begin{};
    name.copy(begin.data(), begin.size());
    learned_->names[i] = Name(begin.data(), name.size());
    size_t at = learned_->names[i].Hash();
    while (by_name[at] != kUnknown) at = (at + 1) % by_name.size();
    by_name[at] = static_cast<uint8_t>(i);
  }
  learned_->values[kUnknown].read_plain = &SkipPlainText;
  constexpr size_t kLongestNumber = 32;
  if (limits.key < longest_name || limits.number < kLongestNumber ||
      limits.members < fields.size()) {
    return;
  }
  longest_ = std::max<size_t>(std::min(limits.record, limits.string), 2) - 2;
}

const char* JsonPlainReader::BeginCopy(std::string_view text) {
  if (text.size() > kLongestJsonCopy) return nullptr;
  auto& copy = learned_->copy;
  if (copy == nullptr) copy = std::make_unique<char[]>(kLongestJsonCopy + PlainInput::kReach);
  std::memcpy(copy.get(), text.data(), text.size());
  in_.Begin(copy.get(), copy.get() + text.size(), text.data());
  return copy.get();
}

JsonPlainReader::Name::Name(const char* begin, size_t size)
    : head_(LoadWord<uint64_t>(begin) & kFirstBytes[std::min<size_t>(size, 8)]),
      tail_(LoadWord<uint64_t>(begin + 8) & kFirstBytes[std::min<size_t>(size < 8 ? 0 : size - 8, 8)]),
      size_(size) {}

size_t JsonPlainReader::Name::Hash() const {
  return static_cast<size_t>((head_ ^ (tail_ << 1) ^ size_) * 0x9e3779b97f4a7c15 >> 56);
}

uint8_t JsonPlainReader::FieldOf(std::string_view text) const {
  const Name name(text.data(), text.size());
  const auto& by_name = learned_->by_name;
  for (size_t at = name.Hash();; at = (at + 1) % by_name.size()) {
    const uint8_t field = by_name[at];
    if (field == kUnknown) return field;
    if (learned_->names[field] != name) continue;
    if (text.size() <= 16 || fields_[field].name == text) return field;
  }
}

// No branch goes by the field: where the order changes with every record, it would go wrong half of the time.
const char* JsonPlainReader::ReadLead(const char* p, size_t quotes, Step& step, uint8_t& field) {
  const char* const begin = p;
  const char* const end = in_.end();
  bool is_bad = (quotes & static_cast<size_t>(*p != '"')) != 0;
  p += quotes;
  if (is_bad || p >= end) return nullptr;
  if (*p == '}') return p + 1 == end && begin != start_ ? end : nullptr;
  if (*p++ != (begin == start_ ? '{' : ',')) return nullptr;
  if (*p == ' ') ++p;
  if (*p++ != '"') return nullptr;
  const char* const name = p;
  p = PlainTextEnd(p, end);
  if (p == nullptr || end - p < 3 || p[1] != ':') return nullptr;
  const auto size = static_cast<size_t>(p - name);
  if (size > limits_.key) return nullptr;
  field = FieldOf({name, size});
  p += 2;
  const size_t opening = learned_->values[field].quotes;
  p += opening & static_cast<size_t>(*p == ' ');
  is_bad = (opening & static_cast<size_t>(*p != '"')) != 0;
  p += opening;
  if (is_bad) return nullptr;
  const auto lead = static_cast<size_t>(p - begin);
  step.size = lead <= step.text.size() ? static_cast<uint8_t>(lead) : 0;
  std::memcpy(step.text.data(), begin, step.text.size());
  step.field = field;
  return p;
}

const char* JsonPlainReader::ReadStrictly(const char* p, uint8_t field, void* record, Arena& arena,
                                          size_t& members) {
  const size_t quotes = learned_->values[field].quotes;
  const char* const original = in_.OriginalOf(p - quotes);
  JsonCursor cursor({original, static_cast<size_t>(in_.OriginalOf(in_.end()) - original)}, arena,
                    limits_);
  const bool is_read =
      field != kUnknown ? fields_[field].read(cursor, record) : cursor.SkipValue();
  const auto size = static_cast<size_t>(cursor.position() - original);
  if (!is_read || size == 0) return nullptr;
  if (cursor.has_high_bytes() && !simdjson::validate_utf8(original, size)) return nullptr;
  members += cursor.members();
  return in_.CopyOf(cursor.position()) - quotes;
}

bool JsonPlainReader::ReadInAnyOrder(const char* p, size_t count, void* record, Arena& arena,
                                     uint64_t& seen) {
  const char* const end = in_.end();
  start_ = count == 0 ? p : nullptr;
  seen = count == kMostFields ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
  Learned& learned = *learned_;
  size_t before = count, members = count;
  size_t quotes = count > 0 ? learned.values[count - 1].quotes : 0;
  for (;;) {
    if (p >= end) [[unlikely]] return false;
    Step& step = learned.steps[before];
    uint8_t field = step.field;
    if (step.IsAt(p, end)) [[likely]] {
      p += step.size;
    } else {
      p = ReadLead(p, quotes, step, field);
      if (p == nullptr) return false;
      if (p == end) return members <= limits_.members;
    }
    ++members;
    if (field != kUnknown) [[likely]] {
      if ((seen >> field & 1) != 0) return false;
      seen |= uint64_t{1} << field;
      before = field + 1u;
    } else if (before <= kMostFields) {
      before += kMostFields + 1;
    }
    const Value& value = learned.values[field];
    quotes = value.quotes;
    if (*p == ' ' && quotes == 0) ++p;
    const char* const q = value.read_plain(p, in_, record);
    if (q != nullptr && q < end && (quotes | (*q == ',') | (*q == '}')) != 0) [[likely]] {
      p = q;
    } else {
      p = ReadStrictly(p, field, record, arena, members);
      if (p == nullptr) return false;
    }
  }
}

}  // namespace rtstream::internal
