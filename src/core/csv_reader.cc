#include "rtstream/core/csv_reader.h"

#include <simdjson.h>

#include <algorithm>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/core/plain_text.h"

namespace rtstream::internal {
namespace {

constexpr size_t kLongestCsvCopy = 4096;

// What stands in a field, for messages: a kind, never the bytes.
std::string_view KindOf(std::string_view text) {
  if (text.empty()) return "an empty field";
  const bool is_number = text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
  return is_number ? "a number" : "text";
}

// The text with each doubled quote as one.
std::string_view Undouble(std::string_view raw, Arena& arena) {
  char* const to = arena.Allocate(raw.size());
  size_t n = 0;
  for (size_t i = 0; i < raw.size(); ++i) {
    to[n++] = raw[i];
    if (raw[i] == '"') ++i;
  }
  return {to, n};
}

}  // namespace

absl::StatusOr<CsvColumns> CsvColumns::Make(absl::Span<const CsvFieldReader> fields,
                                            const CsvOptions& options) {
  CsvColumns columns(fields, options);
  RTSTREAM_RETURN_IF_ERROR(columns.Check());
  return columns;
}

absl::Status CsvColumns::Check() {
  if (!IsCsvSeparator(options_.separator)) {
    return absl::InvalidArgumentError("want ',', ';', '|' or a tab as the separator");
  }
  std::vector<std::string>& names = options_.columns;
  if (names.empty()) {
    for (const CsvFieldReader& field : fields_) names.emplace_back(field.name);
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i)) {
      return absl::InvalidArgumentError(Concat("want one column '", names[i], "', got two"));
    }
    const auto* const field = std::find_if(fields_.begin(), fields_.end(),
                                           [&](const auto& f) { return f.name == names[i]; });
    field_of_.push_back(field == fields_.end() ? kSkipped
                                               : static_cast<size_t>(field - fields_.begin()));
  }
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].needs_column &&
        std::find(field_of_.begin(), field_of_.end(), i) == field_of_.end()) {
      return absl::InvalidArgumentError(
          Concat("want a column '", fields_[i].name, "': records must have the field"));
    }
  }
  spans_.resize(names.size());
  are_declared_ = field_of_.size() == fields_.size();
  for (size_t i = 0; i < fields_.size() && are_declared_; ++i) are_declared_ = field_of_[i] == i;
  longest_plain_ = std::min({options_.limits.record, options_.limits.field});
  in_.set_separator(options_.separator);
  return absl::OkStatus();
}

const char* CsvColumns::BeginPlainCopy(std::string_view text) {
  if (text.size() > kLongestCsvCopy) return nullptr;
  if (copy_.empty()) copy_.resize(kLongestCsvCopy + PlainInput::kReach);
  std::copy(text.begin(), text.end(), copy_.begin());
  copy_[text.size()] = '\n';
  in_.Begin(copy_.data(), copy_.data() + text.size(), text.data());
  return copy_.data();
}

const char* ReadPlainFieldStrictly(const char* p, const CsvFieldReader& field, PlainInput& in,
                                   void* record) {
  if (*p == '"') {
    // Whether empty quotes are a value is for the whole reader to say.
    const char* const quote = PlainTextEnd(p + 1, in.end());
    if (quote == nullptr || quote == p + 1) return nullptr;
    CsvField text(in.View(p + 1, quote), /*is_quoted=*/true);
    return field.read(text, record) ? quote + 1 : nullptr;
  }
  const char* end = p;
  bool has_high_bytes = false;
  for (; *end != in.separator() && *end != '"'; ++end) {
    const auto c = static_cast<unsigned char>(*end);
    if (c < 0x20) break;
    has_high_bytes |= c >= 0x80;
  }
  if (has_high_bytes && !simdjson::validate_utf8(p, static_cast<size_t>(end - p))) return nullptr;
  CsvField text(in.View(p, end), /*is_quoted=*/false);
  return (*end == in.separator() || end == in.end()) && field.read(text, record) ? end : nullptr;
}

bool CsvColumns::ReadPlain(const char* p, void* record, uint64_t& seen) {
  const size_t count = field_of_.size();
  for (size_t i = 0; i < count; ++i) {
    const bool is_last = i + 1 == count;
    const auto is_end = [&](const char* at) {
      return is_last ? at == in_.end() : at < in_.end() && *at == in_.separator();
    };
    const char* end = nullptr;
    if (field_of_[i] == kSkipped) {
      end = *p == '"' ? PlainTextEnd(p + 1, in_.end()) : PlainFieldEnd(p, in_);
      if (*p == '"' && end != nullptr) ++end;
      if (end == nullptr || !is_end(end)) return false;
    } else if (const CsvFieldReader& field = fields_[field_of_[i]];
               field.may_be_absent && is_end(p)) {
      end = p;
    } else {
      if (field.read_plain != nullptr) end = field.read_plain(p, in_, record);
      if (end == nullptr || !is_end(end)) [[unlikely]] {
        end = ReadPlainFieldStrictly(p, field, in_, record);
        if (end == nullptr || !is_end(end)) return false;
      }
      seen |= uint64_t{1} << field_of_[i];
    }
    p = end + 1;
  }
  return true;
}

absl::Status CsvColumns::Read(std::string_view text, Arena& arena, void* record, uint64_t& seen) {
  CsvError error;
  const size_t count =
      SplitCsv(text, options_.separator, options_.limits, absl::MakeSpan(spans_), error);
  if (!error.want.empty()) [[unlikely]] return Refuse(error.field, error.want, error.at, text);
  if (count != spans_.size()) [[unlikely]] {
    return absl::InvalidArgumentError(Concat("want ", spans_.size(), " fields, got ", count));
  }
  for (size_t i = 0; i < count; ++i) {
    if (field_of_[i] == kSkipped) continue;
    const CsvFieldReader& field = fields_[field_of_[i]];
    const CsvSpan& span = spans_[i];
    if (span.text.empty() && field.may_be_absent && !(span.is_quoted && field.reads_empty)) continue;
    CsvField in(span.has_doubled_quotes ? Undouble(span.text, arena) : span.text, span.is_quoted);
    if (!field.read(in, record)) [[unlikely]] {
      return absl::InvalidArgumentError(Concat(field.name, ": want ", in.want(), ", got ",
                                               KindOf(in.text()), " at byte ",
                                               span.text.data() - text.data()));
    }
    seen |= uint64_t{1} << field_of_[i];
  }
  return absl::OkStatus();
}

absl::Status CsvColumns::Refuse(size_t column, std::string_view want, const char* at,
                                std::string_view text) const {
  const bool is_known = column < options_.columns.size();
  return absl::InvalidArgumentError(Concat(is_known ? options_.columns[column] : "",
                                           is_known ? ": want " : "want ", want, " at byte ",
                                           at - text.data()));
}

}  // namespace rtstream::internal
