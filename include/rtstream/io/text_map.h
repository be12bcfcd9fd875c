#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/types/span.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/short_text.h"

namespace rtstream::internal {

// Numbers by text, for tables that are filled once. Short texts stand in the slots of an open-addressing
// table, others in a map. Hashes are secret. Not thread-safe.
class TextMap {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  TextMap() : slots_(kFewestSlots) {}

  // The text's number; `number`, which must not be kNone, if it had none.
  uint32_t FindOrInsert(std::string_view text, uint32_t number);

  // Sets found[i] to the number of texts[i], or to kNone.
  void Find(absl::Span<const std::string_view> texts, absl::Span<uint32_t> found) const;

 private:
  static constexpr size_t kFewestSlots = 16;
  struct Slot {
    Word128 text;
    uint32_t number = kNone;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return secret(text); }
    SecretHash secret;
  };

  size_t HomeOf(const Word128& text) const { return secret_(text) & (slots_.size() - 1); }
  const Slot& Find(const Word128& text, size_t home) const;
  void Grow();

  SecretFold secret_;
  std::vector<Slot> slots_;
  size_t used_ = 0;
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> long_;
};

}  // namespace rtstream::internal
