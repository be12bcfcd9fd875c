#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/core/batch.h"
#include "rtstream/core/csv_reader.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/parse.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename T>
struct ParseCsvOp {
  static constexpr std::string_view kKind = "ParseCsv";
  using Input = Bytes;
  using Output = T;
  static constexpr bool kMayRefuse = true;
  static constexpr bool kKeepsRow = false;
  static constexpr bool kBuildsInto = true;

  std::string name;
  CsvOptions options;
  std::optional<CsvReader<T>> reader{};
  BlankRecord<T> blank{};

  absl::Status Start(Lane&) {
    absl::StatusOr<CsvReader<T>> made = CsvReader<T>::Make(options);
    if (!made.ok()) {
      return absl::InvalidArgumentError(Concat(name, ": ", MessageOf(made.status())));
    }
    reader.emplace(*std::move(made));
    return absl::OkStatus();
  }

  absl::Status Build(const Bytes& in, Context& ctx, T& out) {
    if (IsOversize(ctx)) [[unlikely]] return OversizeError(ctx);
    blank.Put(out);
    return reader->Read(in, ctx.frame().readable_end(in), ctx.arena(), out);
  }

  template <typename Emit>
  absl::Status Process(const Bytes& in, Context& ctx, Emit&& emit) {
    T out;
    absl::Status status = Build(in, ctx, out);
    if (status.ok()) [[likely]] emit(std::move(out));
    return status;
  }
};

template <typename T>
struct ParseCsvStage : StageTag {
  template <typename>
  using Expected = Bytes;
  template <typename In>
  static constexpr bool kAccepts = std::is_same_v<In, Bytes>;
  std::string name;
  CsvOptions options;
  template <typename>
  using Check = RecordOf<T>;
  ParseCsvStage(std::string n, CsvOptions o) : name(std::move(n)), options(std::move(o)) {}
  template <typename In>
  auto Bind() && {
    return ParseCsvOp<T>{std::move(name), std::move(options)};
  }
};

}  // namespace internal

// Reads one CSV record a record, strictly (RFC 4180, UTF-8), by the mapping declared for T. Texts of T
// that are string views point into the record's bytes: valid until the end of the batch. The columns
// are checked once, when the pipeline starts; a header line is the source's to skip.
//
//   | rt::ParseCsv<Sale>("parse", {.columns = {"sku", "price"}, .separator = ';'})
//
// Takes    Bytes.
// Emits    T.
// State    none. Watermark: passes.
// Refuses  what is not one CSV record that fits the columns, the mapping and the limits, naming the
//          field, what was met and wanted, and the byte.
template <typename T>
internal::ParseCsvStage<T> ParseCsv(std::string name, CsvOptions options = {}) {
  return {std::move(name), std::move(options)};
}

}  // namespace rtstream
