#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "rtstream/base/time.h"
#include "rtstream/testing/random.h"

namespace rtstream::testing {

// What generated input is like. Shares are probabilities in [0, 1].
struct GeneratorOptions {
  uint64_t seed = 1;  // equal seeds give equal records
  // Distinct keys, and how unevenly they are drawn: key k has weight 1 / (k + 1)^skew (Zipf). 0: evenly.
  size_t keys = 100;
  double skew = 1.0;  // 0: all keys alike; 1: as words in a text
  // Event times rise from `start`, on average by `spacing` a record.
  Time start = Time(std::chrono::hours(24 * 365 * 30));
  Duration spacing = std::chrono::milliseconds(10);  // on average, between two records
  // Records that come late, and by how much at most: they take an event time from before their turn.
  double late = 0;
  Duration max_late = std::chrono::minutes(1);  // at most; how late is drawn evenly
  // Records that are a copy of one of the last `duplicate_reach` records.
  double duplicates = 0;
  size_t duplicate_reach = 1000;  // at least 1
  // Records that the make function is asked to make wrong.
  double invalid = 0;
  // Chance that a record begins a burst: it and the next burst_length - 1 share a key and a time.
  double bursts = 0;
  size_t burst_length = 20;  // at least 2
};

// What the generator drew for a record; the make function gives it its form.
struct RecordDraft {
  uint64_t number = 0;      // 0, 1, 2, ...: a name for the record; copies take none
  uint64_t key = 0;         // in [0, GeneratorOptions::keys)
  Time event_time{};        // what its time column says
  bool is_invalid = false;  // the make function should make it wrong
};

// The part of RecordGenerator that does not know the record type.
class DraftGenerator {
 public:
  // Bounds of the options are mended: at least one key, shares as they are.
  explicit DraftGenerator(const GeneratorOptions& options);

  // 0: the next record is a new one. n > 0: it is a copy of the n-th before it, of `available` ones.
  // REQUIRES: available > 0.
  size_t DrawCopy(size_t available);
  RecordDraft Draw();  // the next record that is no copy

  const GeneratorOptions& options() const { return options_; }  // as they are used
  Random& random() { return random_; }                          // for what the make function draws

 private:
  uint64_t DrawKey();

  GeneratorOptions options_;
  Random random_;
  std::vector<double> weights_;  // summed up to each key
  RecordDraft last_;
  uint64_t number_ = 0;
  Time now_;
  size_t burst_left_ = 0;
};

// Makes keyed records with skew, copies, disorder, bursts and bad ones. The same options and the same
// make function give the same records on every machine with the same pow().
//
//   rt::testing::RecordGenerator<Sale> sales(
//       {.seed = 7, .keys = 50, .duplicates = 0.05, .invalid = 0.01},
//       [](const rt::testing::RecordDraft& d, rt::testing::Random& random) {
//         return Sale{.id = IdOf(d.number), .sku = SkuOf(d.key), .at = d.event_time,
//                     .units = d.is_invalid ? -1 : random.Between(1, 5)};
//       });
//   for (Sale& sale : sales.Take(1000)) source.Push(std::move(sale));
//
// Not thread-safe.
template <typename T>
class RecordGenerator {
 public:
  // `make` must depend on its arguments alone.
  using Make = std::function<T(const RecordDraft&, Random&)>;

  // See GeneratorOptions.
  RecordGenerator(const GeneratorOptions& options, Make make)
      : drafts_(options), make_(std::move(make)) {}

  // The next record: new, or a copy.
  T Next() {
    if (!recent_.empty()) {
      if (const size_t back = drafts_.DrawCopy(recent_.size()); back > 0) {
        return recent_[recent_.size() - back];
      }
    }
    T record = make_(drafts_.Draw(), drafts_.random());
    if (drafts_.options().duplicates > 0) {
      if (recent_.size() == drafts_.options().duplicate_reach) recent_.pop_front();
      recent_.push_back(record);
    }
    return record;
  }

  // The next n records.
  std::vector<T> Take(size_t n) {
    std::vector<T> records;
    records.reserve(n);
    for (size_t i = 0; i < n; ++i) records.push_back(Next());
    return records;
  }

 private:
  DraftGenerator drafts_;
  Make make_;
  std::deque<T> recent_;
};

}  // namespace rtstream::testing
