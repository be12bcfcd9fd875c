#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/time.h"
#include "rtstream/core/frame.h"
#include "rtstream/state/block_arena.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/packed_key.h"
#include "rtstream/state/packed_table.h"
#include "rtstream/state/state_host.h"
#include "rtstream/state/stored_table.h"
#include "rtstream/state/table_blocks.h"
#include "rtstream/state/table_log.h"
#include "rtstream/state/window_keys.h"
#include "rtstream/state/window_table.h"

namespace rtstream {

// Sums by window and key with their log: a table for each open window, whose memory and key places go from
// window to window. Stored as a StoredTable of std::pair<Time, K> would be, so that it reads what this has
// written, and the other way round. What comes and goes between two commits is not stored at all.
//
// REQUIRES: internal::kFitsWindows<K, V>. Owned by an operator; its lane's thread only.
template <typename K, typename V>
class StoredWindows {
 public:
  using Table = internal::WindowTable<V>;  // of one window

  // `name`: of the table, within the operator's scope.
  explicit StoredWindows(std::string name) : log_(std::move(name)) {}

  // REQUIRES: nothing was read or written.
  void Attach(const StateHost& host) {
    arena_->UsePages(*host.pages);
    has_slices_ = host.is_keyed;
    log_.Attach(host);
  }

  // The table of the window that begins at `start`; made if it is not open. What is added to it must be
  // marked with Table::kBoth. Valid until the window closes.
  Table& Open(Time start) {
    const auto at = Find(start);
    if (at != open_.end() && at->start == start) return *at->table;
    std::unique_ptr<Table> table;
    if (spare_.empty()) {
      table = std::make_unique<Table>(*arena_, has_slices_);
    } else {
      table = std::move(spare_.back());
      spare_.pop_back();
    }
    return *open_.insert(at, {start, std::move(table)})->table;
  }

  // Whether entries are in the slices of their records' KeyBy.
  bool has_slices() const { return has_slices_; }

  bool has_open() const { return !open_.empty(); }  // whether a window is open
  // REQUIRES for the following: has_open().
  Time first_start() const { return open_.front().start; }
  // Closes the first window: its entries can be taken from the table, until there are no more. Then Closed().
  Table& Close() {
    OpenWindow& first = open_.front();
    if (first.is_stored) {
      first.table->ForEach([&](uint32_t slot) {
        const Word128 key = KeyOf(first, slot);
        Blocks::AppendKey(key, SliceOf(first, slot, key), /*is_erased=*/true, Delta());
      });
    }
    first.table->BeginTaking(sorter_);
    return *first.table;
  }
  // The window that Close() gave is gone; its table serves the next one.
  void Closed() { Drop(open_.begin()); }

  // Entries of open windows.
  size_t size() const {
    size_t n = 0;
    for (const OpenWindow& w : open_) n += w.table->CountKeys();
    return n;
  }
  // Bytes of all windows' tables, spare ones included.
  size_t memory() const { return arena_->memory() + sorter_.memory() + sizeof *this; }

  // Writes what changed since the last call, and erases closed windows that were stored.
  void Checkpoint(CheckpointWriter& out) {
    for (OpenWindow& w : open_) {
      w.table->TakeChanged([&](uint32_t slot) { AppendEntry(w, slot, Delta()); });
      w.is_stored = true;
    }
    if (delta_.size() != 0) Blocks::SetEpoch(out.epoch(), delta_);
    bool is_divided = false;
    log_.Write(out, std::move(delta_).Take(), [&](uint32_t slice) {
      if (!std::exchange(is_divided, true)) DivideBySlice();
      ByteWriter base;
      base.Reserve(log_.ExpectedBase(slice));
      Blocks::Begin(out.epoch(), base);
      for (size_t i = slice == 0 ? 0 : slice_ends_[slice - 1]; i < slice_ends_[slice]; ++i) {
        AppendEntry(open_[by_slice_[i].window], by_slice_[i].slot, base);
      }
      return std::move(base).Take();
    });
    by_slice_ = {};
  }

  // Loads what belongs to the lane's slices. REQUIRES: no window is open.
  absl::Status Restore(const CheckpointReader& in) {
    return Blocks::ReadAll(
        log_, in,
        [&](const Word128& packed, uint32_t slice) {
          const auto [start, key] = UnpackKey<WindowKey>(packed);
          const auto window = Find(start);
          if (window == open_.end() || window->start != start) return;
          const auto place = window->table->At(Keys::Pack(key), static_cast<uint8_t>(slice));
          if (*place.mark == 0) return;
          window->table->Erase(place);
          if (--window->restored == 0) Drop(window);
        },
        [&](const Word128& packed, uint32_t slice, V&& value) {
          const auto [start, key] = UnpackKey<WindowKey>(packed);
          const auto place = Open(start).At(Keys::Pack(key), static_cast<uint8_t>(slice));
          if (*place.mark != 0 && has_slices_ && place.slice != slice) return Blocks::TwoSlicesError(log_.name());
          OpenWindow& window = *Find(start);
          window.restored += *place.mark == 0 ? 1 : 0;
          window.is_stored = true;
          *place.value = std::move(value);
          *place.mark = Table::kCounts;
          return absl::OkStatus();
        });
  }

 private:
  using WindowKey = std::pair<Time, K>;
  using Keys = internal::WindowKeys<K>;
  using Packed = PackedTable<Word128, V>;
  using Blocks = internal::TableBlocks<Word128, V>;
  static_assert(std::is_same_v<TableOf<WindowKey, V>, Packed>);

  struct OpenWindow {
    Time start;
    std::unique_ptr<Table> table;
    bool is_stored = false;  // a commit may have stored entries of it
    size_t restored = 0;     // entries, while the state is loaded
  };
  using OpenWindows = std::vector<OpenWindow>;  // in order

  // The first window that does not begin before `start`.
  typename OpenWindows::iterator Find(Time start) {
    return std::lower_bound(open_.begin(), open_.end(), start,
                            [](const OpenWindow& w, Time t) { return w.start < t; });
  }
  // Forgets the window, of which nothing counts any more.
  void Drop(typename OpenWindows::iterator window) {
    // No more than what the next windows need.
    if (spare_.size() <= open_.size()) spare_.push_back(std::move(window->table));
    open_.erase(window);
  }

  // Of an entry, as it is stored.
  static Word128 KeyOf(const OpenWindow& window, uint32_t slot) {
    return PackKey(WindowKey(window.start, Keys::Unpack(window.table->At(slot).packed)));
  }
  uint32_t SliceOf(const OpenWindow& window, uint32_t slot, const Word128& key) const {
    if (!has_slices_) return Packed::SliceOf(key);
    const uint8_t slice = window.table->SliceAt(slot);
    return slice == Frame::kNoSlice ? Packed::SliceOf(key) : slice;
  }
  void AppendEntry(const OpenWindow& window, uint32_t slot, ByteWriter& out) const {
    const Word128 key = KeyOf(window, slot);
    Blocks::AppendEntry(key, window.table->At(slot).value, SliceOf(window, slot, key), out);
  }

  // The delta of the epoch that is not yet committed.
  ByteWriter& Delta() {
    if (delta_.size() == 0) [[unlikely]] {
      delta_.Reserve(log_.ExpectedDelta());
      Blocks::Begin(0, delta_);
    }
    return delta_;
  }

  // Finds out which entries are in which slice: a base of one is seldom wanted alone.
  void DivideBySlice() {
    slice_ends_.fill(0);
    const auto for_each = [&](auto&& visit) {
      for (uint32_t i = 0; i < open_.size(); ++i) {
        open_[i].table->ForEach([&](uint32_t slot) {
          visit(SliceOf(open_[i], slot, KeyOf(open_[i], slot)), Located{i, slot});
        });
      }
    };
    for_each([&](uint32_t slice, const Located&) { ++slice_ends_[slice]; });
    size_t n = 0;
    for (size_t& end : slice_ends_) n += std::exchange(end, n);
    by_slice_.resize(n);
    // Every slice's begin becomes its end.
    for_each([&](uint32_t slice, const Located& entry) { by_slice_[slice_ends_[slice]++] = entry; });
  }
  struct Located {
    uint32_t window, slot;
  };

  std::unique_ptr<BlockArena> arena_ = std::make_unique<BlockArena>();
  OpenWindows open_;
  std::vector<std::unique_ptr<Table>> spare_;
  internal::KeySorter sorter_;
  bool has_slices_ = false;
  ByteWriter delta_;
  TableLog log_;
  // While bases are written.
  std::vector<Located> by_slice_;
  std::array<size_t, kSlices> slice_ends_{};
};

namespace internal {

// A key and a sum for which StoredWindows has tables: at most 8 bytes of key, plain bytes of sum.
template <typename K, typename V>
inline constexpr bool kFitsWindows = false;
template <PackableKey K, typename V>
  requires kFitsPackedTable<V>
inline constexpr bool kFitsWindows<K, V> = PackedPart<K>::kBytes <= sizeof(uint64_t);

}  // namespace internal
}  // namespace rtstream
