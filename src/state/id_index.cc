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
    } else {
      piece = pool != nullptr ? pool->Take(bytes) : Pages(bytes);
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
    : lines_{IdLines(kFewestLines), {}}, step_at_(LimitOf(kFewestLines)) {
  now().Provide(now().lines(), spare_, nullptr);
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
  if ((round_ == Round::kNow && &lines == &now()) || (round_ == Round::kNext && &lines == &next())) {
    sweep_at_ = std::min(sweep_at_, line);
  }
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

void IdIndex::Sweep(size_t lines) {
  if (round_ == Round::kNone) {
    if (erased_later_.empty()) return;
    waiting_.swap(erased_later_);
    round_ = Round::kNext;
    sweep_at_ = 0;
    sweep_end_ = next().homes() == 0 ? 0 : FirstOf(cursor_) + IdLine::kSlots;
  }
  if (round_ == Round::kNext) {
    // Crowds reach farther than their homes.
    while (sweep_at_ < sweep_end_ ||
           (sweep_at_ > 0 && sweep_at_ < next().lines() && next()[sweep_at_ - 1].IsFull())) {
      if (lines == 0) return;
      --lines;
      SweepLine(next(), sweep_at_++);
    }
    round_ = Round::kNow;
    sweep_at_ = 0;
  }
  sweep_at_ = std::max(sweep_at_, cursor_);
  const size_t stop = std::min(now().lines(), sweep_at_ + lines);
  for (; sweep_at_ < stop; ++sweep_at_) SweepLine(now(), sweep_at_);
  if (sweep_at_ == now().lines()) FinishRound();
}

void IdIndex::SweepLine(const IdLines& lines, size_t i) {
  constexpr size_t kAhead = 16;
  if (i + kAhead < lines.lines()) lines.Prefetch(i + kAhead);
  const IdLine& line = lines[i];
  // What moves back into a full line's hole comes to stand at its end.
  for (size_t k = line.count(); k-- > 0;) {
    while (k < line.count() && IsErased(line.refs[k])) {
      RemoveSlot(lines, i, k);
      --erased_;
      if (line.IsFull()) k = IdLine::kSlots - 1;
    }
  }
}

void IdIndex::FinishRound() {
  round_ = Round::kNone;
  for (const uint32_t group : waiting_) erased_groups_[group / 64] &= ~(uint64_t{1} << group % 64);
  free_groups_.insert(free_groups_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
}

void IdIndex::Reserve(size_t references) {
  const size_t homes = references * 24 / kMostPerLine + 1;
  if (homes <= now().homes()) return;
  now() = IdLines(homes);
  ++moves_;
  step_at_ = std::max(references, LimitOf(homes));
  now().Provide(now().lines(), spare_, pool_);
  now().Touch();
}

void IdIndex::GoOnGrowing() {
  step_at_ = size_ + kInsertsPerStep;
  if (next().homes() == 0) BeginGrowth();
  // Where a line is as full as it may be: there are size / homes * dh / dx references a line at h, with
  // x = h (2 + h) / 3.
  const double h = static_cast<double>(size_) / static_cast<double>(LimitOf(now().homes())) - 1;
  const double x = std::min(1.0, h * (2 + h) / 3);
  Move(x < 1 ? static_cast<size_t>(x * static_cast<double>(now().homes())) : now().lines());
}

void IdIndex::PutAfterGrowth(uint64_t hash, uint32_t ref) {
  // Hashes that are still together when there are 500 times as many lines are the same.
  constexpr int kMostTries = 9;
  for (int i = 0; i < kMostTries; ++i) {
    if (next().homes() == 0) BeginGrowth();
    Move(now().lines());
    if (Put(HomeOf(TagOf(hash)), TagOf(hash), ref)) return;
  }
  throw std::bad_alloc();
}

void IdIndex::BeginGrowth() {
  next() = IdLines(2 * now().homes());
  next().Provide(0, spare_, pool_);
}

// Goes on to the end of a line that is not full: nothing that lives behind it has its home before it.
void IdIndex::Move(size_t stop) {
  ++moves_;
  stop = std::min(now().lines(), stop);
  if (cursor_ >= stop) return;
  // How full the lines are that are being filled: read from a line that was just written piece by piece,
  // it would be waited for.
  constexpr uint8_t kUnknown = 0xff;
  constexpr size_t kAhead = 16;
  std::array<uint8_t, kCounted> counts;
  counts.fill(kUnknown);
  const size_t first = FirstOf(cursor_);
  const size_t end = std::min(first + counts.size(), next().lines() - 1);  // the last line is Put's to judge
  bool is_inside = false;  // a cluster
  for (; cursor_ < now().lines() && (cursor_ < stop || is_inside); ++cursor_) {
    next().Provide(FirstOf(cursor_ + 1) + IdLines::kPiece / 2, spare_, pool_);
    const IdLine& line = now()[cursor_];
    __builtin_prefetch(&line + kAhead);
    __builtin_prefetch(&next()[FirstOf(cursor_)] + 2 * kAhead, 1);
    __builtin_prefetch(&next()[FirstOf(cursor_)] + 2 * kAhead + 1, 1);
    for (size_t k = 0; k < IdLine::kSlots && line.refs[k] != 0; ++k) {
      if (IsErased(line.refs[k])) {
        --size_;
        --erased_;
        continue;
      }
      size_t to = next().HomeOf(line.tags[k]);
      for (; to < end; ++to) {
        uint8_t& count = counts[to - first];
        if (count == kUnknown) count = static_cast<uint8_t>(next()[to].count());
        if (count == IdLine::kSlots) continue;
        next()[to].tags[count] = line.tags[k];
        next()[to].refs[count] = line.refs[k];
        ++count;
        break;
      }
      if (to < end) [[likely]] continue;
      counts.fill(kUnknown);
      // A crowd at the end that the tail cannot hold, with twice as many lines: all of one hash.
      if (!Put({&next(), to}, line.tags[k], line.refs[k])) throw std::bad_alloc();
    }
    is_inside = line.IsFull();
  }
  now().GiveBack(cursor_, spare_);
  if (cursor_ >= now().lines()) FinishGrowth();
}

void IdIndex::FinishGrowth() {
  next().Provide(next().lines(), spare_, pool_);
  now().GiveBack(now().lines() + IdLines::kPiece, spare_);
  now() = std::move(next());
  next() = {};
  cursor_ = 0;
  step_at_ = LimitOf(now().homes());
  spare_.clear();
  if (round_ == Round::kNow) FinishRound();
  if (round_ == Round::kNext) round_ = Round::kNow;
}

size_t IdIndex::memory() const {
  size_t bytes = lines_[0].memory() + lines_[1].memory();
  for (const Pages& pages : spare_) bytes += pages.size();
  return bytes;
}

}  // namespace rtstream
