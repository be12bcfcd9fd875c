#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "rtstream/base/text.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/io/sink.h"
#include "rtstream/testing/contract.h"
#include "rtstream/testing/row_text.h"

namespace rtstream::testing {

// An operator, or several, from records of type In to rows of type Out, as OperatorContract tries it.
template <typename In, typename Out>
struct OperatorSetup {
  // Composes a pipeline anew: From(source) | the operators | To(sink). What it refers to besides must be
  // the same for every pipeline, and bear that several run. Any thread.
  std::function<Pipeline(Source<In>&, Sink<Out>&)> compose;
  // The input, in order: some twenty records, keys that come again, one or two that are refused.
  std::vector<In> records;
  // What comes out of it, as texts, in order; nullopt: not compared.
  std::optional<std::vector<std::string>> outputs = std::nullopt;
  // What is refused, as "operator: CODE: message", in order; nullopt: not compared.
  std::optional<std::vector<std::string>> refused = std::nullopt;
  // A row's text. Has a default for types that RowText writes.
  std::function<std::string(const Out&)> text = DefaultText();
  // The order of outputs is part of what is compared. No: for operators that emit when the watermark moves as
  // well as for records, since that is once for a batch.
  bool is_ordered = true;
  // There is a KeyBy: tried with several lanes too.
  bool has_key_by = false;

 private:
  static std::function<std::string(const Out&)> DefaultText() {
    if constexpr (HasRowText<Out>) return [](const Out& row) { return RowText(row); };
    return nullptr;
  }
};

namespace internal {

// A row that came out, and the position of the record that it came from; -1: of none.
struct OutputRow {
  std::string text;
  int64_t position = 0;
};

// Input and output of an operator of whatever type.
class ErasedOperator {
 public:
  virtual ~ErasedOperator() = default;
  // Puts the next n records into the source; beyond the last, says that it is finished.
  virtual void Push(size_t n) = 0;
  virtual Pipeline Compose() = 0;
  virtual const std::vector<OutputRow>& outputs() const = 0;
};

struct ErasedOperatorSetup {
  std::function<std::unique_ptr<ErasedOperator>()> make;
  size_t records = 0;
  std::optional<std::vector<std::string>> outputs, refused;
  bool is_ordered = true;
  bool has_key_by = false;
};

Contract OperatorRules(ErasedOperatorSetup setup);

// Keeps texts, as MemorySink keeps rows.
template <typename T>
class TextSink final : public StagedSink<T> {
 public:
  explicit TextSink(std::function<std::string(const T&)> text) : text_(std::move(text)) {}
  std::string_view name() const override { return "outputs"; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Write(const Rows<T>& rows) override {
    // What a timer emits comes from no record, and from no partition.
    const bool is_record = !rows.frame().label.empty();
    for (size_t i = 0; i < rows.size(); ++i) rows_.push_back({text_(rows[i]), is_record ? rows.position(i) : -1});
    return absl::OkStatus();
  }
  absl::Status Open(const std::optional<std::string>& committed) override {
    size_t n = 0;
    if (committed && (!absl::SimpleAtoi(*committed, &n) || n > rows_.size())) {
      return absl::DataLossError("the mark of a text sink fits no row");
    }
    rows_.resize(n);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Cut() override { return Concat(rows_.size()); }
  absl::Status Sync() override { return absl::OkStatus(); }
  const std::vector<OutputRow>& rows() const { return rows_; }

 private:
  std::function<std::string(const T&)> text_;
  std::vector<OutputRow> rows_;
};

template <typename In, typename Out>
class TypedOperator final : public ErasedOperator {
 public:
  explicit TypedOperator(std::shared_ptr<const OperatorSetup<In, Out>> setup)
      : setup_(std::move(setup)), sink_(setup_->text) {}
  void Push(size_t n) override {
    for (; n > 0 && next_ < setup_->records.size(); --n) source_.Push(setup_->records[next_++]);
    if (n > 0) source_.Finish();
  }
  Pipeline Compose() override { return setup_->compose(source_, sink_); }
  const std::vector<OutputRow>& outputs() const override { return sink_.rows(); }

 private:
  std::shared_ptr<const OperatorSetup<In, Out>> setup_;
  MemorySource<In> source_;
  TextSink<Out> sink_;
  size_t next_ = 0;
};

}  // namespace internal

// What every operator must do, however it is written (Apply, or composed of others): the same outputs and
// dead letters for the same input, whatever the size of batches, after a crash between any two of them and
// at both sides of each commit, beside another pipeline of its kind, and on several lanes; a refused record
// that emits nothing. All of it runs in the production runtime, in virtual time.
//
//   rt::testing::OperatorContract<Reading, Reading>(
//       {.compose = [](rt::Source<Reading>& in, rt::Sink<Reading>& out) -> rt::Pipeline {
//          return rt::From(in) | rt::Apply("only_changes", OnlyChanges{}) | rt::To(out);
//        },
//        .records = SomeReadings()})
//
// Time that it takes grows with the square of the number of records. See contract.h for how a contract is
// tried. REQUIRES: setup.compose and setup.text are set.
template <typename In, typename Out>
Contract OperatorContract(OperatorSetup<In, Out> setup) {
  const auto shared = std::make_shared<const OperatorSetup<In, Out>>(std::move(setup));
  return internal::OperatorRules({
      .make = [shared] { return std::make_unique<internal::TypedOperator<In, Out>>(shared); },
      .records = shared->records.size(),
      .outputs = shared->outputs,
      .refused = shared->refused,
      .is_ordered = shared->is_ordered,
      .has_key_by = shared->has_key_by,
  });
}

}  // namespace rtstream::testing
