#include "rtstream/state/id_index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace rtstream {
namespace internal {

void IdLines::Provide(size_t i, std::vector<Pages>& spare, PagePool* pool) {
  const size_t want = std::min(i, lines() - 1) >> kPieceBits;
  while (provided_ <= want) {
    // The last piece is as large as what is left.
    const size_t bytes = std::min(kPiece, lines() - provided_ * kPiece) * sizeof(IdLine);
    Pages& piece = pieces_[provided_++];
    if (bytes == Pages::kHugePage && !spare.empty()) {
      piece = std::move(spare.back());
      spare.pop_back();
      std::memset(piece.data(), 0, piece.size());
    } else if (bytes == Pages::kHugePage && pool != nullptr) {
      piece = pool->Take();
    } else {
      piece = Pages(bytes);
    }
    at_.push_back(reinterpret_cast<IdLine*>(piece.data()));
  }
}

void IdLines::GiveBack(size_t i, std::vector<Pages>& spare) {
  for (; (given_back_ + 1) * kPiece <= i; ++given_back_) {
    spare.push_back(std::move(pieces_[given_back_]));
    at_[given_back_] = nullptr;
  }
}

void IdLines::Touch() {
  for (const Pages& piece : pieces_) std::memset(piece.data(), 0, piece.size());
}

size_t IdLines::memory() const {
  size_t bytes = 0;
  for (const Pages& piece : pieces_) bytes += piece.size();
  return bytes;
}

}  // namespace internal

namespace {

using internal::IdLine;
using internal::IdLines;

constexpr size_t kFewestLines = 64;

}  // namespace

IdIndex::IdIndex()
    : now_(kFewestLines), limit_(kFewestLines * kMostPerLine / 16), step_at_(limit_) {
  now_.Provide(now_.lines(), spare_, nullptr);
}

bool IdIndex::Erase(uint64_t hash, uint32_t ref) {
  uint32_t* const slot = Find(hash, [&](uint32_t found) { return found == ref; });
  if (slot == nullptr) return false;
  const Place home = HomeOf(TagOf(hash));
  const IdLines& lines = *home.lines;
  size_t line = home.line;
  while (slot < lines[line].refs || slot >= lines[line].refs + IdLine::kSlots) ++line;
  RemoveSlot(lines, line, static_cast<size_t>(slot - lines[line].refs));
  // What moved back may belong to an erased group and must not escape the sweeping.
  if (is_sweeping_) sweep_at_ = std::min(sweep_at_, line);
  return true;
}

void IdIndex::RemoveSlot(const IdLines& lines, size_t line, size_t slot) {
  --size_;
  size_t hole = line;
  bool was_full = lines[hole].IsFull();
  lines[hole].Remove(slot);
  // Look-ups stop at a line that is not full. What went past the hole because it was full moves back.
  for (size_t i = hole + 1; was_full; ++i) {
    IdLine& next = lines[i];
    was_full = next.IsFull();
    for (size_t k = next.count(); k-- > 0;) {
      if (lines.HomeOf(next.tags[k]) > hole) continue;
      lines[hole].Add(next.tags[k], next.refs[k]);
      next.Remove(k);
      hole = i;
      break;
    }
  }
}

void IdIndex::EraseGroup(uint32_t group, size_t references) {
  if (group / 64 >= erased_groups_.size()) erased_groups_.resize(group / 64 + 1);
  erased_groups_[group / 64] |= uint64_t{1} << group % 64;
  erased_ += references;
  erased_later_.push_back(group);
}

void IdIndex::FreeWaiting() {
  for (const uint32_t group : waiting_) erased_groups_[group / 64] &= ~(uint64_t{1} << group % 64);
  free_groups_.insert(free_groups_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
}

void IdIndex::Sweep(size_t lines) {
  if (next_.homes() != 0) return;  // growth does it
  if (!is_sweeping_) {
    if (erased_later_.empty()) return;
    waiting_.swap(erased_later_);
    is_sweeping_ = true;
    sweep_at_ = 0;
  }
  constexpr size_t kAhead = 16;
  const size_t stop = std::min(now_.lines(), sweep_at_ + lines);
  for (; sweep_at_ < stop; ++sweep_at_) {
    if (sweep_at_ + kAhead < now_.lines()) __builtin_prefetch(&now_[sweep_at_ + kAhead], 1);
    const IdLine& line = now_[sweep_at_];
    // What moves back into a line's hole comes to stand behind what is looked at next, or is it.
    for (size_t k = line.count(); k-- > 0;) {
      while (k < line.count() && IsErased(line.refs[k])) {
        RemoveSlot(now_, sweep_at_, k);
        --erased_;
        if (line.IsFull()) k = IdLine::kSlots - 1;
      }
    }
  }
  if (sweep_at_ < now_.lines()) return;
  is_sweeping_ = false;
  FreeWaiting();
}

void IdIndex::Reserve(size_t references) {
  const size_t homes = references * 16 / kMostPerLine + 1;
  if (homes <= now_.homes()) return;
  now_ = IdLines(homes);
  limit_ = step_at_ = std::max(references, homes * kMostPerLine / 16);
  now_.Provide(now_.lines(), spare_, pool_);
  now_.Touch();
}

void IdIndex::GoOnGrowing() {
  step_at_ = size_ + kInsertsPerStep;
  if (next_.homes() == 0) BeginGrowth();
  Move(kMovedAtOnce);
}

void IdIndex::PutAfterGrowth(uint64_t hash, uint32_t ref) {
  // Hashes that are still together when there are 500 times as many lines are the same.
  constexpr int kMostTries = 16;
  for (int i = 0; i < kMostTries; ++i) {
    if (next_.homes() == 0) BeginGrowth();
    Move(now_.lines());
    if (Put(HomeOf(TagOf(hash)), TagOf(hash), ref)) return;
  }
  throw std::bad_alloc();
}

void IdIndex::BeginGrowth() {
  // Whole pieces once there are some, so that none is cut.
  // Where a good part is of erased groups, as many lines as there are will do.
  size_t homes = now_.homes();
  if (erased_ <= limit_ / 4) homes += homes / 2;
  waiting_.insert(waiting_.end(), erased_later_.begin(), erased_later_.end());
  erased_later_.clear();
  is_sweeping_ = false;
  if (homes > IdLines::kPiece) {
    homes = (homes + IdLines::kPiece - 1) / IdLines::kPiece * IdLines::kPiece;
  }
  next_ = IdLines(homes);
  next_.Provide(0, spare_, pool_);
  limit_ = homes * kMostPerLine / 16;
}

// Goes on to the end of a line that is not full: nothing that lives behind it has its home before it.
void IdIndex::Move(size_t lines) {
  const size_t stop = std::min(now_.lines(), cursor_ + lines);
  // How full the lines are that are being filled: read from a line that was just written piece by piece,
  // it would be waited for.
  constexpr uint8_t kUnknown = 0xff;
  constexpr size_t kAhead = 16;
  std::array<uint8_t, 2 * kMovedAtOnce> counts;
  counts.fill(kUnknown);
  const size_t first = next_.homes() * cursor_ / now_.homes();
  const size_t end = std::min(first + counts.size(), next_.lines() - 1);  // the last line is Put's to judge
  bool is_inside = false;  // a cluster
  for (; cursor_ < now_.lines() && (cursor_ < stop || is_inside); ++cursor_) {
    next_.Provide(next_.homes() * (cursor_ + 1) / now_.homes() + IdLines::kPiece / 2, spare_, pool_);
    const IdLine& line = now_[cursor_];
    __builtin_prefetch(&line + kAhead);
    __builtin_prefetch(&next_[next_.homes() * cursor_ / now_.homes()] + kAhead + kAhead / 2, 1);
    for (size_t k = 0; k < IdLine::kSlots && line.refs[k] != 0; ++k) {
      if (IsErased(line.refs[k])) {
        --size_;
        --erased_;
        continue;
      }
      size_t to = next_.HomeOf(line.tags[k]);
      for (; to < end; ++to) {
        uint8_t& count = counts[to - first];
        if (count == kUnknown) count = static_cast<uint8_t>(next_[to].count());
        if (count == IdLine::kSlots) continue;
        next_[to].tags[count] = line.tags[k];
        next_[to].refs[count] = line.refs[k];
        ++count;
        break;
      }
      if (to < end) [[likely]] continue;
      counts.fill(kUnknown);
      // A crowd at the end that the tail cannot hold, with half as many lines more: all of one hash.
      if (!Put({&next_, to}, line.tags[k], line.refs[k])) throw std::bad_alloc();
    }
    is_inside = line.IsFull();
  }
  now_.GiveBack(cursor_, spare_);
  if (cursor_ >= now_.lines()) FinishGrowth();
}

void IdIndex::FinishGrowth() {
  next_.Provide(next_.lines(), spare_, pool_);
  now_.GiveBack(now_.lines() + IdLines::kPiece, spare_);
  now_ = std::move(next_);
  next_ = {};
  cursor_ = 0;
  step_at_ = limit_;
  spare_.clear();
  FreeWaiting();
}

size_t IdIndex::memory() const {
  size_t bytes = now_.memory() + next_.memory();
  for (const Pages& pages : spare_) bytes += pages.size();
  return bytes;
}

}  // namespace rtstream
