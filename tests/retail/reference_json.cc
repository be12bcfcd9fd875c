#include <cstdio>

#include "tests/retail/reference_text.h"

namespace reference {
namespace {

void AppendUtf8(uint32_t code, std::string& out) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t length = byte < 0x80   ? 1
                          : byte < 0xC2 ? 0
                          : byte < 0xE0 ? 2
                          : byte < 0xF0 ? 3
                          : byte < 0xF5 ? 4
                                        : 0;
    if (length == 0 || i + length > text.size()) return false;
    uint32_t code = length == 1 ? byte : byte & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
      return false;
    }
    i += length;
  }
  return true;
}

// Recursive descent over one line.
class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {}

  using Fields = std::vector<std::pair<std::string, JsonValue>>;

  bool ParseLine(Fields& fields) {
    Space();
    if (!Object(0, &fields)) return false;
    Space();
    return at_ == text_.size();
  }

 private:
  static constexpr int kMaxDepth = 1000;

  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void Space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  bool Object(int depth, Fields* fields) {
    if (depth > kMaxDepth || !Take('{')) return false;
    Space();
    if (Take('}')) return true;
    do {
      Space();
      std::string name;
      JsonValue value;
      if (!String(name)) return false;
      Space();
      if (!Take(':') || !Value(depth + 1, value)) return false;
      if (fields != nullptr) fields->emplace_back(std::move(name), std::move(value));
      Space();
    } while (Take(','));
    return Take('}');
  }

  bool Array(int depth) {
    if (depth > kMaxDepth || !Take('[')) return false;
    Space();
    if (Take(']')) return true;
    do {
      JsonValue value;
      if (!Value(depth + 1, value)) return false;
      Space();
    } while (Take(','));
    return Take(']');
  }

  bool Value(int depth, JsonValue& value) {
    Space();
    value.kind = JsonValue::Kind::kOther;
    const std::string_view rest = text_.substr(at_);
    if (rest.empty()) return false;
    if (rest[0] == '{') return Object(depth, nullptr);
    if (rest[0] == '[') return Array(depth);
    if (rest[0] == '"') {
      value.kind = JsonValue::Kind::kString;
      return String(value.text);
    }
    for (std::string_view word : {"true", "false", "null"}) {
      if (rest.starts_with(word)) {
        at_ += word.size();
        return true;
      }
    }
    const size_t length = NumberLength(rest);
    value.kind = JsonValue::Kind::kNumber;
    value.text = rest.substr(0, length);
    at_ += length;
    return length > 0;
  }

  bool String(std::string& out) {
    if (!Take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out += c;
      } else if (!Escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool Escape(std::string& out) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    if (c == 'u') {
      uint32_t code = 0;
      if (!Hex(code)) return false;
      if (code >= 0xDC00 && code < 0xE000) return false;
      if (code >= 0xD800 && code < 0xDC00) {
        uint32_t low = 0;
        if (!Take('\\') || !Take('u') || !Hex(low) || low < 0xDC00 || low >= 0xE000) return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      }
      AppendUtf8(code, out);
      return true;
    }
    static constexpr std::string_view kNames = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
    const size_t which = kNames.find(c);
    if (which == kNames.npos) return false;
    out += kBytes[which];
    return true;
  }

  bool Hex(uint32_t& code) {
    for (int i = 0; i < 4; ++i) {
      if (at_ == text_.size()) return false;
      const char c = text_[at_++];
      const size_t digit = std::string_view("0123456789abcdef")
                               .find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
      if (digit == std::string_view::npos) return false;
      code = code << 4 | static_cast<uint32_t>(digit);
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<std::pair<std::string, JsonValue>>> ParseJsonObject(
    std::string_view line) {
  JsonParser::Fields fields;
  if (!IsUtf8(line) || !JsonParser(line).ParseLine(fields)) return std::nullopt;
  return fields;
}

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace reference
