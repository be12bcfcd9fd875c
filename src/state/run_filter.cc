#include "rtstream/state/run_filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtstream {
namespace {

// A line: 8 bits, the number n of hashes; then the cells in unary, a 0 for each hash and a 1 behind each
// cell; then the n rests.
constexpr uint32_t kLineBits = 512, kCountBits = 8;
constexpr uint32_t kMostUnaryBits = 3 * 64 - kCountBits;  // in the first three words
constexpr uint32_t kMostHashes = 100;
constexpr uint32_t kSaturated = 255;  // more: the line contains everything
constexpr uint32_t kMostRestBits = 24;

struct Shape {
  uint8_t cells = 1;
  uint8_t rest_bits = 0;
};

constexpr std::array<Shape, kMostHashes + 1> MakeShapes() {
  std::array<Shape, kMostHashes + 1> shapes{};
  constexpr uint32_t kBits = kLineBits - kCountBits;
  for (uint32_t n = 1; n <= kMostHashes; ++n) {
    uint32_t rest = 1;
    while (rest < kMostRestBits && n * (rest + 2) + (n * 6 + 9) / 10 <= kBits) ++rest;
    const uint32_t cells = std::min(kBits - n * (rest + 1), kMostUnaryBits - n);
    shapes[n] = {static_cast<uint8_t>(cells), static_cast<uint8_t>(rest)};
  }
  return shapes;
}
constexpr std::array<Shape, kMostHashes + 1> kShapes = MakeShapes();

struct Cell {
  uint32_t cell;
  uint32_t rest;
};
[[gnu::always_inline]] inline Cell CellOf(uint32_t hash, Shape shape) {
  const uint64_t product = uint64_t{hash} * shape.cells;
  return {static_cast<uint32_t>(product >> 32),
          static_cast<uint32_t>(product) >> (32 - shape.rest_bits)};
}

[[gnu::always_inline]] inline uint64_t BitsAt(const uint64_t (&words)[8], uint32_t at, uint32_t bits) {
  uint64_t v = words[at / 64] >> at % 64;
  if (at % 64 + bits > 64) v |= words[at / 64 + 1] << (64 - at % 64);
  return v & ((uint64_t{1} << bits) - 1);
}

void SetBits(uint64_t (&words)[8], uint32_t at, uint32_t bits, uint64_t v) {
  words[at / 64] |= v << at % 64;
  if (at % 64 + bits > 64) words[at / 64 + 1] |= v >> (64 - at % 64);
}

// The place of the k-th set bit, from 0. REQUIRES: there is one.
inline uint32_t SelectPortably(uint64_t word, uint32_t k) {
  for (; k > 0; --k) word &= word - 1;
  return static_cast<uint32_t>(std::countr_zero(word));
}

inline uint32_t CountPortably(uint64_t word) { return static_cast<uint32_t>(std::popcount(word)); }

[[gnu::always_inline]] inline bool LookPortably(const uint64_t (&words)[8], uint32_t hash) {
  const auto n = static_cast<uint32_t>(words[0] & 0xff);
  if (n == 0) return false;
  if (n > kMostHashes) return true;
  const Shape shape = kShapes[n];
  const Cell wanted = CellOf(hash, shape);
  uint32_t at = kCountBits;
  if (wanted.cell > 0) {
    uint32_t k = wanted.cell - 1, base = 0;
    uint64_t word = words[0] >> kCountBits << kCountBits;
    if (const uint32_t in_first = CountPortably(word); k >= in_first) {
      k -= in_first;
      word = words[1];
      base = 64;
      if (const uint32_t in_second = CountPortably(word); k >= in_second) {
        k -= in_second;
        word = words[2];
        base = 128;
      }
    }
    at = base + SelectPortably(word, k) + 1;
  }
  const uint32_t rests = kCountBits + shape.cells + n;
  for (uint32_t i = at - kCountBits - wanted.cell; (words[at / 64] >> at % 64 & 1) == 0; ++i, ++at) {
    if (BitsAt(words, rests + i * shape.rest_bits, shape.rest_bits) == wanted.rest) return true;
  }
  return false;
}


#if defined(__x86_64__)
[[gnu::always_inline, gnu::target("bmi2,bmi,popcnt")]] inline uint32_t SelectFast(uint64_t word, uint32_t k) {
  return static_cast<uint32_t>(_tzcnt_u64(_pdep_u64(uint64_t{1} << k, word)));
}
[[gnu::always_inline, gnu::target("bmi2,bmi,popcnt")]] inline uint32_t CountFast(uint64_t word) {
  return static_cast<uint32_t>(_mm_popcnt_u64(word));
}
#endif

}  // namespace

FilterLine FilterLine::Of(const std::vector<uint32_t>& hashes) {
  FilterLine line{};
  const auto n = static_cast<uint32_t>(hashes.size());
  if (n > kMostHashes) {
    line.words[0] = kSaturated;
    return line;
  }
  line.words[0] = n;
  if (n == 0) return line;
  const Shape shape = kShapes[n];
  uint32_t at = kCountBits, cell = 0;
  const uint32_t rests = kCountBits + shape.cells + n;
  for (uint32_t i = 0; i < n; ++i) {
    const Cell is = CellOf(hashes[i], shape);
    for (; cell < is.cell; ++cell) SetBits(line.words, at++, 1, 1);
    ++at;
    SetBits(line.words, rests + i * shape.rest_bits, shape.rest_bits, is.rest);
  }
  for (; cell < shape.cells; ++cell) SetBits(line.words, at++, 1, 1);
  return line;
}

#if defined(__x86_64__)
namespace {
// Bits from `at` on, at least 57 of them inside the line.
[[gnu::always_inline]] inline uint64_t LoadBits(const uint64_t (&words)[8], uint32_t at) {
  const uint32_t byte = std::min(at / 8, kLineBits / 8 - 8);
  uint64_t v = 0;
  std::memcpy(&v, reinterpret_cast<const char*>(words) + byte, sizeof v);
  return v >> ((at - byte * 8) & 63);
}

// As LookPortably, without branches that depend on the hash: which word a cell is in, and whether it is
// empty, nobody can foresee.
[[gnu::always_inline, gnu::target("bmi2,bmi,popcnt")]] inline bool LookFast(const uint64_t (&words)[8],
                                                                           uint32_t hash) {
  const auto n = static_cast<uint32_t>(words[0] & 0xff);
  if (n - 1 >= kMostHashes) [[unlikely]] return n != 0;
  const Shape shape = kShapes[n];
  const Cell wanted = CellOf(hash, shape);
  uint32_t at = kCountBits;
  if (wanted.cell > 0) [[likely]] {
    const uint32_t k = wanted.cell - 1;
    const uint64_t first = words[0] >> kCountBits << kCountBits;
    const uint32_t in_first = CountFast(first), in_two = in_first + CountFast(words[1]);
    const bool is_behind_first = k >= in_first, is_behind_two = k >= in_two;
    uint64_t word = is_behind_first ? words[1] : first;
    uint32_t before = is_behind_first ? in_first : 0;
    word = is_behind_two ? words[2] : word;
    before = is_behind_two ? in_two : before;
    at = (uint32_t{is_behind_first} + uint32_t{is_behind_two}) * 64 + SelectFast(word, k - before) + 1;
  }
  const uint64_t ends = LoadBits(words, at);
  const uint64_t mask = (uint64_t{1} << shape.rest_bits) - 1;
  uint32_t rest = kCountBits + shape.cells + n + (at - kCountBits - wanted.cell) * shape.rest_bits;
  const bool has_one = (ends & 1) == 0, has_two = (ends & 3) == 0;
  bool is_there = has_one & ((LoadBits(words, rest) & mask) == wanted.rest);
  rest += shape.rest_bits;
  is_there |= has_two & ((LoadBits(words, rest) & mask) == wanted.rest);
  if ((ends & 7) != 0) [[likely]] return is_there;
  for (at += 2; (words[at / 64] >> at % 64 & 1) == 0; ++at) {
    rest += shape.rest_bits;
    is_there |= (LoadBits(words, rest) & mask) == wanted.rest;
  }
  return is_there;
}
const bool kIsFast = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");

[[gnu::target("bmi2,bmi,popcnt")]] bool LookFastAlone(const uint64_t (&words)[8], uint32_t hash) {
  return LookFast(words, hash);
}
}  // namespace
#endif

bool FilterLine::MayContain(uint32_t hash) const {
#if defined(__x86_64__)
  if (kIsFast) return LookFastAlone(words, hash);
#endif
  return LookPortably(words, hash);
}

#if defined(__x86_64__)
[[gnu::target("bmi2,bmi,popcnt")]] void RunFilter::FindFast(const RunFilter* filters,
                                                            const Word128* hashes, const uint8_t* slices,
                                                            size_t n, std::vector<uint32_t>& found) {
  constexpr size_t kAhead = 16;
  for (size_t i = 0; i < n + kAhead; ++i) {
    if (i < n) filters[slices == nullptr ? 0 : slices[i]].Prefetch(hashes[i].high);
    if (i < kAhead) continue;
    const size_t k = i - kAhead;
    const RunFilter& filter = filters[slices == nullptr ? 0 : slices[k]];
    if (filter.empty()) continue;
    const Place place = PlaceOf(hashes[k].high, filter.count_);
    if (LookFast(filter.lines_[place.line].words, place.in_line)) [[unlikely]] {
      found.push_back(static_cast<uint32_t>(k));
    }
  }
}
#endif

void RunFilter::FindPossible(const RunFilter* filters, const Word128* hashes, const uint8_t* slices, size_t n,
                             std::vector<uint32_t>& found) {
#if defined(__x86_64__)
  if (kIsFast) return FindFast(filters, hashes, slices, n, found);
#endif
  for (size_t i = 0; i < n; ++i) {
    const RunFilter& filter = filters[slices == nullptr ? 0 : slices[i]];
    if (!filter.empty() && filter.MayContain(hashes[i].high)) found.push_back(static_cast<uint32_t>(i));
  }
}

}  // namespace rtstream
