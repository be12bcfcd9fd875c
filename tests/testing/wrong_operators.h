#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rtstream/base/text.h"
#include "rtstream/flow/flow.h"
#include "rtstream/op/apply.h"
#include "rtstream/op/to.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/testing/operator_contract.h"

// An operator that numbers the copies of each word and keeps the contract, and operators that break one rule
// each. The word "bad" is refused.

namespace rtstream::testing {

inline absl::Status RefuseBad(std::string_view word) {
  return word == "bad" ? absl::InvalidArgumentError("want a good word") : absl::OkStatus();
}

struct RightNumbering {
  using Input = std::string;
  using Output = std::string;
  KeyedState<std::string, int64_t> seen{"seen"};
  auto States() { return std::tie(seen); }

  template <typename Emit>
  absl::Status Process(const std::string& word, Context&, Emit&& emit) {
    if (absl::Status status = RefuseBad(word); !status.ok()) return status;
    emit(Concat(word, "#", ++seen.Mutable(word)));
    return absl::OkStatus();
  }
};

// Counts all words, by hand. What is wrong is said by what it is made with.
enum class Fault { kNone, kRestoresNothing, kStoresOnce, kIsGlobal };
template <Fault kFault>
struct CountByHand {
  using Input = std::string;
  using Output = std::string;
  int64_t own = 0;
  mutable bool was_stored = false;

  int64_t& count() {
    static int64_t global = 0;
    return kFault == Fault::kIsGlobal ? global : own;
  }
  template <typename Emit>
  absl::Status Process(const std::string& word, Context&, Emit&& emit) {
    if (absl::Status status = RefuseBad(word); !status.ok()) return status;
    emit(Concat(++count(), " ", word));
    return absl::OkStatus();
  }
  absl::Status OnCheckpoint(CheckpointWriter& out) const {
    // The second commit is that of the first records.
    if (kFault == Fault::kStoresOnce && std::exchange(was_stored, own > 0)) return absl::OkStatus();
    out.batch().Put(out.Key("count"), Concat(own));
    return absl::OkStatus();
  }
  absl::Status OnRestore(const CheckpointReader& in) {
    if (kFault == Fault::kRestoresNothing) return absl::OkStatus();
    const auto stored = in.store().Get(in.Key("count"));
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return absl::DataLossError("nothing was stored");
    const std::string& text = (*stored)->value;
    std::from_chars(text.data(), text.data() + text.size(), own);
    return absl::OkStatus();
  }
};

// Emits before it knows that the record is good.
struct HastyOperator {
  using Input = std::string;
  using Output = std::string;
  template <typename Emit>
  absl::Status Process(const std::string& word, Context&, Emit&& emit) const {
    emit(word);
    return RefuseBad(word);
  }
};

// Drops copies, but only those of one batch.
struct BatchDedup {
  using Input = std::string;
  using Output = std::string;
  absl::Status ProcessBatch(const Rows<std::string>& rows, Context&, BatchResults<std::string>& results) const {
    std::set<std::string> seen;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (absl::Status status = RefuseBad(rows[i]); !status.ok()) {
        results.Refuse(i, std::move(status));
      } else if (seen.insert(rows[i]).second) {
        results.Emit(i, rows[i]);
      }
    }
    return absl::OkStatus();
  }
};

// Refuses without a word.
struct SilentOperator {
  using Input = std::string;
  using Output = std::string;
  template <typename Emit>
  absl::Status Process(const std::string& word, Context&, Emit&& emit) const {
    if (!RefuseBad(word).ok()) return absl::InvalidArgumentError("");
    emit(word);
    return absl::OkStatus();
  }
};

inline std::vector<std::string> SomeWords() {
  return {"a", "b", "a", "bad", "c", "c", "a", "b", "bad", "c", "a", "d", "d", "a", "b", "e"};
}

template <typename Op>
Contract OperatorContractOf() {
  return OperatorContract<std::string, std::string>(
      {.compose = [](Source<std::string>& in, Sink<std::string>& out) -> Pipeline {
         return From(in) | Apply("op", Op{}) | To(out);
       },
       .records = SomeWords()});
}

}  // namespace rtstream::testing
