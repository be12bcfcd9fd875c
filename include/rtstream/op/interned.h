#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace rtstream {

// A text of a record and its number, as Intern has set it: a key for Enrich, which then looks the text up
// once and finds what the table said by the number.
//
//   | rt::Intern("stores", &Sale::store_id, &Sale::store_number)
//   | rt::Enrich("region", regions, rt::Interned(&Sale::store_id, &Sale::store_number), WithRegion)
//
// REQUIRES: records with the same number have the same text.
template <typename F, typename T>
struct Interned {
  F text_of;            // what the function or member gives of a record
  uint32_t T::*number;  // where Intern has put the number

  // As the example shows.
  Interned(F text, uint32_t T::*n) : text_of(std::move(text)), number(n) {}

  // The text.
  decltype(auto) operator()(const T& record) const { return std::invoke(text_of, record); }
};

namespace internal {

template <typename KeyF>
inline constexpr bool kIsInterned = false;
template <typename F, typename T>
inline constexpr bool kIsInterned<Interned<F, T>> = true;

// What a table has said of keys by their numbers, as long as it says the same.
template <typename V>
class KnownByNumber {
 public:
  // Forgets what an earlier version said.
  void Begin(uint64_t version) {
    if (version == version_) return;
    answers_.clear();
    version_ = version;
  }
  // What a loop keeps in registers; valid until Put().
  struct View {
    const void* const* answers;
    size_t size;

    bool Has(uint32_t number) const { return number < size && answers[number] != &kUnknown; }
    // REQUIRES: Has(number). Null: the table does not know the key.
    const V* Get(uint32_t number) const { return static_cast<const V*>(answers[number]); }
  };
  View view() const { return {answers_.data(), answers_.size()}; }
  void Put(uint32_t number, const V* answer) {
    if (number >= answers_.size()) answers_.resize(size_t{number} + 1, &kUnknown);
    answers_[number] = answer;
  }

 private:
  static constexpr char kUnknown = 0;

  std::vector<const void*> answers_;
  uint64_t version_ = 0;
};

}  // namespace internal
}  // namespace rtstream
