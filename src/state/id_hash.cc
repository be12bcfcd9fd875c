#include "rtstream/state/id_hash.h"

#include <cstring>

#include "rtstream/base/text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace rtstream {

IdHash::IdHash() {
  // Random once a process: the lanes of an operator must agree before any of them has stored something.
  static const SecretHash random;
  uint64_t counter = 0;
  const auto next = [&] {
    ++counter;
    return random({reinterpret_cast<const char*>(&counter), sizeof counter});
  };
  for (uint64_t& word : words_) word = next();
  // Factors of few bits would leave most of a product empty.
  for (size_t i = 1; i < kWords; i += 2) words_[i] |= uint64_t{1} << 63 | 1;
  for (size_t at = 0; at < kTextSecret; at += sizeof(uint64_t)) {
    const uint64_t word = next();
    std::memcpy(text_secret_.data() + at, &word, sizeof word);
  }
}

absl::StatusOr<IdHash> IdHash::WithSecret(std::string_view secret) {
  if (secret.size() != sizeof(words_) + kTextSecret) {
    return absl::DataLossError(Concat("want a secret of ", sizeof(words_) + kTextSecret,
                                      " bytes for the hash of ids, got ", secret.size()));
  }
  IdHash hash;
  std::memcpy(hash.words_.data(), secret.data(), sizeof hash.words_);
  std::memcpy(hash.text_secret_.data(), secret.data() + sizeof hash.words_, kTextSecret);
  return hash;
}

uint64_t IdHash::operator()(std::string_view id) const {
  return XXH3_64bits_withSecret(id.data(), id.size(), text_secret_.data(), text_secret_.size());
}

std::string IdHash::secret() const {
  std::string secret(reinterpret_cast<const char*>(words_.data()), sizeof words_);
  secret.append(reinterpret_cast<const char*>(text_secret_.data()), kTextSecret);
  return secret;
}

}  // namespace rtstream
