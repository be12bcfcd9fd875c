#include "rtstream/connectors/dead_letter_file.h"

#include <simdjson.h>

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "rtstream/core/json_codec.h"

namespace rtstream {
namespace {

void AppendText(std::string_view text, std::string& out) {
  if (simdjson::validate_utf8(text.data(), text.size())) return AppendJsonString(text, out);
  std::string ascii(text);
  for (char& c : ascii) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  AppendJsonString(ascii, out);
}

}  // namespace

void DeadLetterLine::operator()(const DeadLetter& letter, std::string& out) const {
  const std::string_view kept = std::string_view(letter.bytes).substr(0, DeadLetter::kMaxBytes);
  std::string base64;
  absl::Base64Escape({kept.data(), kept.size()}, &base64);
  out += "{\"operator\":";
  AppendText(letter.op, out);
  out += ",\"code\":";
  AppendText(absl::StatusCodeToString(letter.code), out);
  out += ",\"message\":";
  AppendText(letter.message, out);
  out += ",\"partition\":";
  AppendText(letter.partition, out);
  out += ",\"position\":";
  internal::AppendInteger(letter.position, out);
  out += ",\"length\":";
  internal::AppendInteger(letter.length, out);
  out += ",\"bytes\":\"";
  out += base64;
  out += "\"}";
}

}  // namespace rtstream
