#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rtstream/base/clock.h"
#include "rtstream/base/hash.h"
#include "rtstream/io/lookup_table.h"

namespace rtstream {

// How long a CachedTable believes its answers, and how many it keeps.
struct CachedTableOptions {
  // How long a value is used before the slow table is asked again; default a minute. Longer: fewer
  // questions, older answers.
  Duration ttl{60'000'000};
  // The same for a key that the slow table does not know; default ten seconds.
  Duration missing_ttl{10'000'000};
  // When the slow table fails, answers that are this much older than their time are used all the same;
  // default none.
  Duration max_stale{0};
  // Most answers kept from one call to the next; default 100,000. During a call those of its batch come
  // on top.
  size_t max_entries = 100'000;
};

// A cache in front of a slow table, for Enrich.
//
//   rt::CachedTable<Store> stores(remote, clock, {.ttl = std::chrono::minutes(5)});
//   ... | rt::Enrich("store", stores, &Sale::store_id, ...)
//
// Each call asks the slow table at most once, for each key that has no fresh answer, once. Answers,
// also "not known", are used for their time; those that were not used lately make room for others.
//
// If the slow table fails, its error is returned, nothing is cached, and no key is answered; the runtime
// calls again. With max_stale, old answers are used instead if every key has one; the next call asks
// the slow table again.
//
// Lookup is for one lane's thread; the counters may be read from any.
template <typename V>
class CachedTable final : public LookupTable<V> {
 public:
  // `slow` and `clock` must outlive the table.
  CachedTable(LookupTable<V>& slow, Clock& clock, const CachedTableOptions& options = {})
      : slow_(&slow), clock_(&clock), options_(options) {}

  absl::Status Lookup(absl::Span<const std::string_view> keys,
                      absl::Span<const V*> found) override {
    // Only here, so that what the last call gave out stayed.
    MakeRoom();
    const Duration now = clock_->Monotonic();
    asked_.clear();
    asked_index_.clear();
    waiting_.clear();
    for (size_t i = 0; i < keys.size(); ++i) {
      auto it = answers_.find(keys[i]);
      if (it != answers_.end() && IsUsable(it->second, now, Duration(0))) {
        found[i] = it->second.Use();
        continue;
      }
      const auto [asked, is_first] = asked_index_.emplace(keys[i], asked_.size());
      if (is_first) asked_.push_back(keys[i]);
      waiting_.push_back({i, asked->second});
    }
    Count(hits_, keys.size() - waiting_.size());
    if (waiting_.empty()) return absl::OkStatus();
    Count(misses_, asked_.size());
    fresh_.assign(asked_.size(), nullptr);
    absl::Status status = slow_->Lookup(asked_, absl::MakeSpan(fresh_));
    if (!status.ok()) {
      if (AnswerStale(keys, found, now)) return absl::OkStatus();
      for (const V*& value : found) value = nullptr;
      return status;
    }
    for (size_t k = 0; k < asked_.size(); ++k) fresh_[k] = Keep(asked_[k], fresh_[k], now);
    for (const Waiting& w : waiting_) found[w.row] = fresh_[w.asked];
    return absl::OkStatus();
  }

  // Keys answered without asking, with those that came again; keys that the slow table was asked for;
  // keys answered with an old answer because it failed.
  uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }  // see hits()
  uint64_t stale() const { return stale_.load(std::memory_order_relaxed); }    // see hits()

  // Answers held.
  size_t size() const { return answers_.size(); }

 private:
  struct Answer {
    std::optional<V> value;  // nullopt: not known
    Duration asked_at{0};
    bool was_used = false;  // again, since its last turn

    const V* get() const { return value ? &*value : nullptr; }
    const V* Use() {
      was_used = true;
      return get();
    }
  };
  struct Waiting {
    size_t row;
    size_t asked;
  };
  // Keys come from records, so nobody may be able to choose ones that collide.
  struct Hash {
    using is_transparent = void;
    std::shared_ptr<const SecretHash> hash = std::make_shared<const SecretHash>();
    size_t operator()(std::string_view key) const { return (*hash)(key); }
  };
  using Answers = std::unordered_map<std::string, Answer, Hash, std::equal_to<>>;

  bool IsUsable(const Answer& answer, Duration now, Duration extra) const {
    const Duration age = now - answer.asked_at;
    const Duration ttl = answer.value ? options_.ttl : options_.missing_ttl;
    return age < ttl || age - ttl < extra;
  }

  const V* Keep(std::string_view key, const V* value, Duration now) {
    auto it = answers_.find(key);
    if (it == answers_.end()) {
      it = answers_.try_emplace(std::string(key)).first;
      turns_.push_back(&it->first);
    }
    Answer& answer = it->second;
    if (value == nullptr) {
      answer.value.reset();
    } else {
      answer.value = *value;
    }
    answer.asked_at = now;
    return answer.get();
  }

  bool AnswerStale(absl::Span<const std::string_view> keys, absl::Span<const V*> found,
                   Duration now) {
    for (std::string_view key : asked_) {
      auto it = answers_.find(key);
      if (it == answers_.end() || !IsUsable(it->second, now, options_.max_stale)) return false;
    }
    for (const Waiting& w : waiting_) found[w.row] = answers_.find(keys[w.row])->second.Use();
    Count(stale_, waiting_.size());
    return true;
  }

  // The clock algorithm: answers stand in a ring; one that was used since the last time gets another
  // turn, the others go.
  void MakeRoom() {
    while (answers_.size() > options_.max_entries) {
      const std::string* const key = turns_.front();
      turns_.pop_front();
      auto it = answers_.find(*key);
      if (std::exchange(it->second.was_used, false)) {
        turns_.push_back(key);
      } else {
        answers_.erase(it);
      }
    }
  }

  static void Count(std::atomic<uint64_t>& counter, size_t n) {
    counter.fetch_add(n, std::memory_order_relaxed);
  }

  LookupTable<V>* slow_;
  Clock* clock_;
  CachedTableOptions options_;
  Answers answers_;
  std::deque<const std::string*> turns_;  // the keys in answers_
  std::vector<std::string_view> asked_;   // of this call, each once
  std::unordered_map<std::string_view, size_t, Hash> asked_index_;
  std::vector<Waiting> waiting_;
  std::vector<const V*> fresh_;
  std::atomic<uint64_t> hits_{0}, misses_{0}, stale_{0};
};

}  // namespace rtstream
