#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rtstream/base/time.h"
#include "rtstream/io/source.h"
#include "rtstream/testing/contract.h"
#include "rtstream/testing/row_text.h"

namespace rtstream::testing {

// A Source of records of type T as SourceContract tries it.
template <typename T>
struct SourceSetup {
  // Makes a source over the input, as a new process does. Called many times; the input is the same each
  // time, and what it needs must live as long as this function. Any thread.
  std::function<std::unique_ptr<Source<T>>()> make;
  // What the input holds: for each partition that has records their texts, in order; partitions in any
  // order. Some twenty records in two or three partitions find most; every one of them is crashed after.
  std::vector<std::vector<std::string>> records;
  // A record's text. Has a default for types that RowText writes.
  std::function<std::string(const T&)> text = DefaultText();
  // The input comes to an end, so that a Poll says kFinished. No: kIdle is all that comes after it.
  bool is_finite = true;
  // How long a Poll may say kIdle before the records are given up: for sources that fetch in the background.
  Duration patience = std::chrono::seconds(10);
  // Makes the next Poll of this source fail, once, with an error that is worth another try; null: cannot.
  std::function<void(Source<T>&)> fail_next = nullptr;

 private:
  static std::function<std::string(const T&)> DefaultText() {
    if constexpr (HasRowText<T>) return [](const T& record) { return RowText(record); };
    return nullptr;
  }
};

namespace internal {

// A source of whatever type behind texts, with some batches to poll into.
class ErasedSource {
 public:
  static constexpr size_t kSlots = 4;
  virtual ~ErasedSource() = default;
  virtual SourceBase& base() = 0;
  virtual absl::StatusOr<PollResult> Poll(size_t max_rows, size_t slot) = 0;
  virtual const Frame& frame(size_t slot) const = 0;
  virtual const std::string& resume(size_t slot) const = 0;
  virtual std::vector<std::string> Texts(size_t slot) const = 0;
  virtual void FailNext() = 0;
};

struct ErasedSourceSetup {
  std::function<std::unique_ptr<ErasedSource>()> make;
  std::vector<std::vector<std::string>> records;
  bool is_finite = true;
  bool can_fail = false;
  Duration patience{0};
};

Contract SourceRules(ErasedSourceSetup setup);

template <typename T>
class TypedSource final : public ErasedSource {
 public:
  explicit TypedSource(std::shared_ptr<const SourceSetup<T>> setup)
      : setup_(std::move(setup)), source_(setup_->make()) {}

  SourceBase& base() override { return *source_; }
  absl::StatusOr<PollResult> Poll(size_t max_rows, size_t slot) override {
    return source_->Poll(max_rows, batches_[slot]);
  }
  const Frame& frame(size_t slot) const override { return batches_[slot].frame(); }
  const std::string& resume(size_t slot) const override { return batches_[slot].resume; }
  std::vector<std::string> Texts(size_t slot) const override {
    std::vector<std::string> texts;
    for (const T& record : batches_[slot].rows()) texts.push_back(setup_->text(record));
    return texts;
  }
  void FailNext() override { setup_->fail_next(*source_); }

 private:
  std::shared_ptr<const SourceSetup<T>> setup_;
  std::unique_ptr<Source<T>> source_;
  std::array<Batch<T>, kSlots> batches_;
};

}  // namespace internal

// What every replayable Source must do: each record once and in order, whatever the size of batches; the
// same again, at the same positions, behind every batch that a crash may have left committed; names and ends
// of partitions; rows that stay while others are read; threads; a Poll that failed.
//
//   rt::testing::SourceContract<rt::Bytes>({
//       .make = [path] { return std::make_unique<rt::FileSource>(rt::FileSourceOptions{.paths = {path}}); },
//       .records = {{"first line", "second line"}}})
//
// A source that cannot be read again, such as standard input, keeps no such contract. See contract.h for how
// a contract is tried. REQUIRES: setup.make and setup.text are set.
template <typename T>
Contract SourceContract(SourceSetup<T> setup) {
  const auto shared = std::make_shared<const SourceSetup<T>>(std::move(setup));
  return internal::SourceRules({
      .make = [shared] { return std::make_unique<internal::TypedSource<T>>(shared); },
      .records = shared->records,
      .is_finite = shared->is_finite,
      .can_fail = shared->fail_next != nullptr,
      .patience = shared->patience,
  });
}

}  // namespace rtstream::testing
