#include "rtstream/core/csv_splitter.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace rtstream::internal {
namespace {

// Where the fields go; those that there is no room for are counted.
class Fields {
 public:
  explicit Fields(absl::Span<CsvSpan> out) : out_(out) {}

  void Add(const char* begin, const char* end) {
    if (count_ < out_.size()) out_[count_] = {{begin, static_cast<size_t>(end - begin)}};
    longest_ = std::max(longest_, static_cast<size_t>(end - begin));
    ++count_;
  }
  void AddQuoted(const char* begin, const char* end, bool has_doubled_quotes) {
    if (count_ < out_.size()) {
      out_[count_] = {{begin, static_cast<size_t>(end - begin)}, true, has_doubled_quotes};
    }
    longest_ = std::max(longest_, static_cast<size_t>(end - begin));
    ++count_;
  }
  size_t count() const { return count_; }
  size_t longest() const { return longest_; }

 private:
  absl::Span<CsvSpan> out_;
  size_t count_ = 0;
  size_t longest_ = 0;
};

#if defined(__SSE2__)

// A bit for each of 64 bytes.
struct Block {
  uint64_t separators = 0;
  uint64_t controls = 0;  // quotes, and what is below 0x20
  uint64_t high = 0;      // 0x80 and more
};

Block Classify(const char* p, char separator) {
  Block block;
  for (int i = 0; i < 4; ++i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i * 16));
    const __m128i quotes = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    // Signed: bytes from 0x80 on are below 0x20 too, and taken out below.
    const __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    const auto bits = [](__m128i m) {
      return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(m)));
    };
    block.separators |= bits(_mm_cmpeq_epi8(v, _mm_set1_epi8(separator))) << (i * 16);
    block.controls |= bits(_mm_or_si128(quotes, low)) << (i * 16);
    block.high |= bits(v) << (i * 16);
  }
  block.controls &= ~block.high & ~block.separators;
  return block;
}

// Cuts a record that has neither quotes nor control characters; false if it has.
bool SplitPlain(std::string_view record, char separator, Fields& fields, bool& has_high_bytes) {
  const char* field = record.data();
  uint64_t high = 0;
  for (size_t at = 0; at < record.size(); at += 64) {
    const size_t left = record.size() - at;
    Block block;
    if (left >= 64) {
      block = Classify(record.data() + at, separator);
    } else {
      // Nothing behind the record may be read: its end is looked at in a copy.
      char tail[64];
      std::memset(tail, ' ', sizeof tail);
      std::memcpy(tail, record.data() + at, left);
      block = Classify(tail, separator);
    }
    if (block.controls != 0) return false;
    high |= block.high;
    for (uint64_t bits = block.separators; bits != 0; bits &= bits - 1) {
      const char* const end = record.data() + at + std::countr_zero(bits);
      fields.Add(field, end);
      field = end + 1;
    }
  }
  fields.Add(field, record.data() + record.size());
  has_high_bytes = high != 0;
  return true;
}

#endif

// Cuts any record, a byte at a time outside of quotes.
class CarefulSplitter {
 public:
  CarefulSplitter(std::string_view record, char separator, Fields& fields, CsvError& error)
      : p_(record.data()), end_(p_ + record.size()), separator_(separator), fields_(&fields),
        error_(&error) {}

  bool Split() {
    for (;;) {
      if (!(p_ < end_ && *p_ == '"' ? Quoted() : Unquoted())) return false;
      if (p_ == end_) return true;
      ++p_;  // the separator
    }
  }

 private:
  bool Unquoted() {
    const char* const begin = p_;
    for (; p_ < end_ && *p_ != separator_; ++p_) {
      if (*p_ == '"') return Fail("quotes around the whole field");
      if (*p_ == '\r' || *p_ == '\n') return Fail("a line end only between quotes");
      if (*p_ == '\0') return Fail("text without NUL");
    }
    fields_->Add(begin, p_);
    return true;
  }

  // From the opening quote to the separator or the end.
  bool Quoted() {
    const char* const begin = ++p_;
    bool has_doubled_quotes = false;
    for (;;) {
      const void* const quote = p_ == end_ ? nullptr : std::memchr(p_, '"', Left());
      const char* const stop = quote == nullptr ? end_ : static_cast<const char*>(quote);
      if (p_ < stop) {
        const void* const nul = std::memchr(p_, '\0', static_cast<size_t>(stop - p_));
        if (nul != nullptr) {
          p_ = static_cast<const char*>(nul);
          return Fail("text without NUL");
        }
      }
      p_ = stop;
      if (p_ == end_) return Fail("a closing quote");
      ++p_;
      if (p_ == end_ || *p_ != '"') break;
      has_doubled_quotes = true;
      ++p_;
    }
    if (p_ < end_ && *p_ != separator_) return Fail("a separator behind the closing quote");
    fields_->AddQuoted(begin, p_ - 1, has_doubled_quotes);
    return true;
  }

  size_t Left() const { return static_cast<size_t>(end_ - p_); }
  bool Fail(std::string_view want) {
    *error_ = {want, fields_->count(), p_};
    return false;
  }

  const char* p_;
  const char* end_;
  char separator_;
  Fields* fields_;
  CsvError* error_;
};

bool IsUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

// Refuses the record because of the first field that is not good.
template <typename IsGood>
void Blame(std::string_view want, absl::Span<const CsvSpan> fields, size_t count, CsvError& error,
           IsGood is_good) {
  size_t i = 0;
  while (i + 1 < std::min(fields.size(), count) && is_good(fields[i].text)) ++i;
  error = {want, i, fields.empty() ? nullptr : fields[i].text.data()};
}

}  // namespace

size_t SplitCsv(std::string_view record, char separator, const CsvLimits& limits,
                absl::Span<CsvSpan> out, CsvError& error) {
  if (record.size() > limits.record) {
    error = {"a shorter record", out.size(), record.data()};
    return 0;
  }
  Fields fields(out);
  bool has_high_bytes = true;
#if defined(__SSE2__)
  if (!SplitPlain(record, separator, fields, has_high_bytes)) [[unlikely]]
#endif
  {
    fields = Fields(out);
    has_high_bytes = true;
    if (!CarefulSplitter(record, separator, fields, error).Split()) return fields.count();
  }
  if (fields.longest() > limits.field) {
    Blame("a shorter field", out, fields.count(), error,
          [&](std::string_view text) { return text.size() <= limits.field; });
  } else if (has_high_bytes && !IsUtf8(record)) {
    Blame("UTF-8", out, fields.count(), error, IsUtf8);
  }
  return fields.count();
}

}  // namespace rtstream::internal
