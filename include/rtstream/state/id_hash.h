#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtstream/base/hash.h"

namespace rtstream {

// A hash of ids under a secret, for tables whose keys somebody else may choose. Of numbers it is a
// permutation: different numbers have different hashes, so that a hash stands for its number and nothing
// is lost by storing it in the number's place. The bits at the top are as good as those at the bottom.
//
// Three rounds of a Feistel network whose functions are multiplications with secret factors. Hashes are
// stored, hence so is the secret: see secret().
class IdHash {
 public:
  // The secret of this process, random: all tables that a process begins share it.
  IdHash();
  // DataLoss: `secret` is none that secret() returned.
  static absl::StatusOr<IdHash> WithSecret(std::string_view secret);

  // The hash of a number, which can be undone: different numbers have different ones.
  Word128 operator()(const Word128& id) const {
    uint64_t high = id.high, low = id.low;
    high ^= internal::MultiplyFold(low ^ words_[0], words_[1]);
    low ^= internal::MultiplyFold(high ^ words_[2], words_[3]);
    high ^= internal::MultiplyFold(low ^ words_[4], words_[5]);
    return {high, low};
  }
  // XXH3 under 192 secret bytes. Different texts may share a hash.
  uint64_t operator()(std::string_view id) const;

  // What makes the same hash again.
  std::string secret() const;

 private:
  static constexpr size_t kWords = 6, kTextSecret = 192;

  std::array<uint64_t, kWords> words_;
  std::array<uint8_t, kTextSecret> text_secret_;
};

}  // namespace rtstream
