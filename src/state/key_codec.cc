#include "rtstream/state/key_codec.h"

#include <cstring>

namespace rtstream::internal {

// A string ends with 00 01 and a zero byte inside is 00 ff: a prefix sorts before what it begins,
// and no string's bytes run into the next part's.
void AppendOrderedString(std::string_view s, std::string& out) {
  while (true) {
    const size_t zero = s.find('\0');
    if (zero == std::string_view::npos) break;
    out.append(s.substr(0, zero + 1));
    out.push_back('\xff');
    s.remove_prefix(zero + 1);
  }
  out.append(s);
  out.append("\0\x01", 2);
}

bool ReadOrderedString(std::string_view& in, std::string_view& s, std::string* owned) {
  s = {};
  size_t begin = 0;
  if (owned != nullptr) owned->clear();
  while (true) {
    const size_t zero = in.find('\0', begin);
    if (zero == std::string_view::npos || zero + 1 >= in.size()) return false;
    if (in[zero + 1] == '\x01') {
      if (begin == 0) {
        s = in.substr(0, zero);
      } else {
        owned->append(in.substr(begin, zero - begin));
      }
      in.remove_prefix(zero + 2);
      return true;
    }
    if (in[zero + 1] != '\xff' || owned == nullptr) return false;
    owned->append(in.substr(begin, zero + 1 - begin));
    begin = zero + 2;
  }
}

void AppendOrderedU64(uint64_t v, std::string& out) {
  v = __builtin_bswap64(v);
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}

bool ReadOrderedU64(std::string_view& in, uint64_t& v) {
  if (in.size() < sizeof v) return false;
  std::memcpy(&v, in.data(), sizeof v);
  v = __builtin_bswap64(v);
  in.remove_prefix(sizeof v);
  return true;
}

}  // namespace rtstream::internal
