#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/io/sink.h"
#include "rtstream/testing/contract.h"
#include "rtstream/testing/row_text.h"

namespace rtstream::testing {

// Where the rows of a sink under trial go: a directory, a table of a server. One for each trial, gone after
// it.
template <typename T>
class SinkPlace {
 public:
  virtual ~SinkPlace() = default;

  // The sink that writes here as a new process makes it, not opened yet. The one before was dropped as a dead
  // process leaves it, and is not used any more. A sink whose rows are in its own memory may be the same.
  // Owned by the place.
  virtual Sink<T>& Restart() = 0;

  // What a reader finds now: the rows, one a text, in order, unless the setup has a key. A staged
  // sink's are all that it has written and not cut off, committed or not.
  virtual absl::StatusOr<std::vector<std::string>> Read() = 0;

  // Makes the next call that reaches the outside fail once, with an error that is worth another try. False:
  // cannot.
  virtual bool FailNext() { return false; }
};

// A sink of rows of type T as its contract tries it.
template <typename T>
struct SinkSetup {
  // Makes a place that holds nothing. Any thread.
  std::function<std::unique_ptr<SinkPlace<T>>()> make_place;
  // Rows to write: at least twelve, whose texts differ.
  std::vector<T> rows;
  // A row's text, as Read() gives it. Has a default for types that RowText writes.
  std::function<std::string(const T&)> text = DefaultText();
  // A row's key, for a sink that keeps one row a key, as a table does that is updated: a reader then finds the last
  // row that was written of each, in whatever order. Some of the first five `rows` should come again with another
  // text among the next four: whether a chunk that is sent again puts back an older row shows only then. Null: every
  // row is kept.
  std::function<std::string(const T&)> key = nullptr;
  // Spoils the copy of a row that a sink was given, once it may not look at it any more; null: T{} is
  // assigned. For rows of views: change what they view.
  std::function<void(T&)> spoil = nullptr;

 private:
  static std::function<std::string(const T&)> DefaultText() {
    if constexpr (HasRowText<T>) return [](const T& row) { return RowText(row); };
    return nullptr;
  }
};

namespace internal {

// A sink of whatever type, given rows by their numbers in the setup.
class ErasedSink {
 public:
  virtual ~ErasedSink() = default;
  // What stands for a restart of the process. Until then sink() is null.
  virtual void Restart() = 0;
  virtual SinkBase* sink() = 0;
  // Writes rows [begin, end), each with another behind it that is not selected. Spoils them afterwards.
  virtual absl::Status Write(size_t begin, size_t end) = 0;
  virtual absl::StatusOr<std::vector<std::string>> Read() = 0;
  virtual bool FailNext() = 0;
};

struct ErasedSinkSetup {
  std::function<std::unique_ptr<ErasedSink>()> make;
  std::vector<std::string> texts;  // of all rows
  std::vector<std::string> keys;   // the same; none: every row is kept
};

Contract StagedSinkRules(ErasedSinkSetup setup);
Contract PlainSinkRules(ErasedSinkSetup setup);
Contract OutboxSinkRules(ErasedSinkSetup setup);

template <typename T>
class TypedSink final : public ErasedSink {
 public:
  explicit TypedSink(std::shared_ptr<const SinkSetup<T>> setup)
      : setup_(std::move(setup)), place_(setup_->make_place()) {}

  void Restart() override { sink_ = &place_->Restart(); }
  SinkBase* sink() override { return sink_; }
  absl::Status Write(size_t begin, size_t end) override {
    Batch<T> batch;
    batch.Begin(0, "rows", static_cast<int64_t>(begin), static_cast<int64_t>(begin) + 1);
    Selection selection;
    std::vector<T> rows;
    for (size_t i = begin; i < end; ++i) {
      selection.Add(rows.size());
      rows.push_back(setup_->rows[i % setup_->rows.size()]);
      rows.push_back(setup_->rows[(i + 1) % setup_->rows.size()]);
    }
    batch.frame().AppendNext(rows.size());
    const T* const shared = rows.data();
    absl::Status status = sink_->Write(Rows<T>(shared, batch.frame(), selection));
    for (T& row : rows) setup_->spoil ? setup_->spoil(row) : static_cast<void>(row = T{});
    return status;
  }
  absl::StatusOr<std::vector<std::string>> Read() override { return place_->Read(); }
  bool FailNext() override { return place_->FailNext(); }

 private:
  std::shared_ptr<const SinkSetup<T>> setup_;
  std::unique_ptr<SinkPlace<T>> place_;
  Sink<T>* sink_ = nullptr;
};

template <typename T>
ErasedSinkSetup Erase(SinkSetup<T> setup) {
  const auto shared = std::make_shared<const SinkSetup<T>>(std::move(setup));
  ErasedSinkSetup erased{[shared] { return std::make_unique<TypedSink<T>>(shared); }, {}, {}};
  for (const T& row : shared->rows) {
    erased.texts.push_back(shared->text(row));
    if (shared->key) erased.keys.push_back(shared->key(row));
  }
  return erased;
}

}  // namespace internal

// What every StagedSink must do: rows up to the mark that a commit holds, and none behind it, whatever
// the point at which the process died; marks that are no marks; publishing twice; a commit thread that syncs
// while the lane writes; rows that are gone once Write() has returned.
//
//   class FactsPlace final : public rt::testing::SinkPlace<Fact> {
//     rt::Sink<Fact>& Restart() override { return sink_.emplace("facts", dir_.Path("facts")); }
//     absl::StatusOr<std::vector<std::string>> Read() override { return ReadLines(dir_.Path("facts")); }
//     rt::testing::TestDirectory dir_;
//     std::optional<rt::FileSink<Fact>> sink_;
//   };
//   rt::testing::StagedSinkContract<Fact>(
//       {.make_place = [] { return std::make_unique<FactsPlace>(); }, .rows = SomeFacts()})
//
// See contract.h for how a contract is tried. REQUIRES: setup.make_place and setup.text are set, and there
// are twelve rows or more.
template <typename T>
Contract StagedSinkContract(SinkSetup<T> setup) {
  return internal::StagedSinkRules(internal::Erase(std::move(setup)));
}

// What every PlainSink must do: nothing that a Flush() has covered is lost, whatever fails or dies; rows come
// in order, and none that was not written. REQUIRES: as StagedSinkContract.
template <typename T>
Contract PlainSinkContract(SinkSetup<T> setup) {
  return internal::PlainSinkRules(internal::Erase(std::move(setup)));
}

// What every OutboxSink must do: chunks that depend on the rows alone, and hold each once; one effect of a
// chunk however often it is sent, by whichever process; other tokens are other chunks.
// REQUIRES: as StagedSinkContract.
template <typename T>
Contract OutboxSinkContract(SinkSetup<T> setup) {
  return internal::OutboxSinkRules(internal::Erase(std::move(setup)));
}

}  // namespace rtstream::testing
