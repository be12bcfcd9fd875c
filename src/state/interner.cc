#include "rtstream/state/interner.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"

namespace rtstream {
namespace {

constexpr uint8_t kTextsFormat = 1;

std::string BlockKey(uint32_t first) { return Concat("t/", OrderedHex(first)); }

}  // namespace

uint32_t Interner::Intern(std::string_view text, uint32_t max_texts) {
  if (!IsShort(text)) return InternLong(text, max_texts);
  if (const uint32_t known = Find(text); known != kNone) return known;
  if (size() >= max_texts) return kNone;
  return Insert(PackText(text)).value.number = Add(text);
}

// REQUIRES: it is not there.
auto Interner::Insert(const Word128& packed) -> internal::PackedShard<Word128, internal::TextNumber>::Entry& {
  bool has_moved = false;
  auto* const entry = short_.Insert(Probe::Find(short_.Home(hash_(packed)), packed), packed, hash_, *arena_, has_moved);
  if (has_moved) ++layout_;
  return *entry;
}

uint32_t Interner::InternLong(std::string_view text, uint32_t max_texts) {
  const uint64_t hash = long_.Hash(text);
  if (const auto known = long_.Find(hash, text); known) return known->value;
  if (size() >= max_texts) return kNone;
  bool fresh = false;
  return long_.FindOrInsert(hash, text, fresh)->value = Add(text);
}

uint32_t Interner::Find(std::string_view text) {
  if (!IsShort(text)) {
    const auto known = long_.Find(long_.Hash(text), text);
    return known ? known->value : kNone;
  }
  const Word128 packed = PackText(text);
  const auto* const entry = Probe::Find(short_.Home(hash_(packed)), packed);
  return entry->packed == packed ? entry->value.number : kNone;
}

void Interner::Remember(std::string_view text, uint32_t number) {
  if (!IsShort(text)) {
    bool fresh = false;
    long_.FindOrInsert(long_.Hash(text), text, fresh)->value = number;
    return;
  }
  Insert(PackText(text)).value.number = number;
}

uint32_t Interner::Add(std::string_view text) {
  texts_.push_back(bytes_.Copy(text));
  new_bytes_ += text.size() + 1;
  return size() - 1;
}

std::string Interner::Encode(const Block& block) const {
  ByteWriter out;
  out.Reserve(block.bytes + 16);
  out.U8(kTextsFormat);
  out.Varint(block.count);
  for (uint32_t i = 0; i < block.count; ++i) out.String(texts_[block.first + i]);
  std::string bytes = std::move(out).Take();
  SealBlock(bytes);
  return bytes;
}

void Interner::Checkpoint(CheckpointWriter& out) {
  const uint32_t stored = blocks_.empty() ? 0 : blocks_.back().first + blocks_.back().count;
  if (stored == size()) return;
  Block block{stored, size() - stored, std::exchange(new_bytes_, 0)};
  while (!blocks_.empty() && blocks_.back().bytes <= 2 * block.bytes) {
    // The larger block takes the place of the one before.
    if (block.first != stored) out.batch().Delete(out.Key(BlockKey(block.first)));
    block.first = blocks_.back().first;
    block.count += blocks_.back().count;
    block.bytes += blocks_.back().bytes;
    blocks_.pop_back();
  }
  out.batch().Put(out.Key(BlockKey(block.first)), Encode(block));
  blocks_.push_back(block);
}

absl::Status Interner::Restore(const CheckpointReader& in) {
  const std::string prefix = in.Key("t/");
  return in.store().Scan(prefix, [&](std::string_view key, std::string_view value) -> absl::Status {
    uint64_t first = 0;
    if (!absl::SimpleHexAtoi(absl::string_view(key.data() + prefix.size(), key.size() - prefix.size()),
                             &first)) {
      return absl::DataLossError(Concat("'", key, "' is not a block of texts"));
    }
    RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
    ByteReader bytes(block);
    if (const uint8_t format = bytes.U8(); format != kTextsFormat) {
      return absl::FailedPreconditionError(
          Concat("a block of texts has format ", format, ", want ", kTextsFormat));
    }
    if (first != size()) {
      return absl::DataLossError(
          Concat("a block of texts begins with number ", first, ", want ", size()));
    }
    const uint64_t count = bytes.Varint();
    for (uint64_t i = 0; i < count && bytes.ok(); ++i) {
      const std::string_view text = bytes.String();
      if (bytes.ok() && Intern(text) != first + i) {
        return absl::DataLossError("a block of texts has a text twice");
      }
    }
    if (!bytes.ok() || !bytes.done()) return absl::DataLossError("a block of texts is cut short");
    blocks_.push_back({static_cast<uint32_t>(first), static_cast<uint32_t>(count),
                       std::exchange(new_bytes_, 0)});
    return absl::OkStatus();
  });
}

absl::Status ReadTexts(const StateReader& store, std::string_view op,
                       absl::FunctionRef<void(std::string_view text)> visit) {
  Interner texts;
  RTSTREAM_RETURN_IF_ERROR(texts.Restore(CheckpointReader(OperatorScope(op), store)));
  for (uint32_t i = 0; i < texts.size(); ++i) visit(texts.text(i));
  return absl::OkStatus();
}

}  // namespace rtstream
