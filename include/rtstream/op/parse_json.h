#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "rtstream/core/json_reader.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/parse.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename T>
struct ParseJsonOp {
  static constexpr std::string_view kKind = "ParseJson";
  using Input = Bytes;
  using Output = T;
  static constexpr bool kMayRefuse = true;
  static constexpr bool kKeepsRow = false;
  static constexpr bool kBuildsInto = true;

  std::string name;
  JsonReader<T> reader;
  BlankRecord<T> blank{};

  absl::Status Build(const Bytes& in, Context& ctx, T& out) {
    if (IsOversize(ctx)) [[unlikely]] return OversizeError(ctx);
    AskAhead(in);
    blank.Put(out);
    return reader.Read(in, ctx.frame().readable_end(in), ctx.arena(), out);
  }

  template <typename Emit>
  absl::Status Process(const Bytes& in, Context& ctx, Emit&& emit) {
    T out;
    absl::Status status = Build(in, ctx, out);
    if (status.ok()) [[likely]] emit(std::move(out));
    return status;
  }

 private:
  // Asks for bytes some 30 records ahead, which mostly stand there; if not, nothing comes of it.
  static void AskAhead(const Bytes& in) {
    constexpr uintptr_t kAhead = 8192, kLine = 64;
    const uintptr_t from = reinterpret_cast<uintptr_t>(in.data()) + kAhead;
    // Four lines a turn: most records have no more.
    for (uintptr_t at = from; at < from + in.size(); at += 4 * kLine) {
      for (uintptr_t k = 0; k < 4; ++k) __builtin_prefetch(reinterpret_cast<const void*>(at + k * kLine));
    }
  }
};

template <typename T>
struct ParseJsonStage : StageTag {
  template <typename>
  using Expected = Bytes;
  template <typename In>
  static constexpr bool kAccepts = std::is_same_v<In, Bytes>;
  std::string name;
  JsonLimits limits;
  template <typename>
  using Check = RecordOf<T>;
  ParseJsonStage(std::string n, const JsonLimits& l) : name(std::move(n)), limits(l) {}
  template <typename In>
  auto Bind() && {
    return ParseJsonOp<T>{std::move(name), JsonReader<T>(limits)};
  }
};

}  // namespace internal

// Reads one JSON object a record, strictly (RFC 8259, UTF-8), by the mapping declared for T. Texts
// of T that are string views point into the record's bytes: valid until the end of the batch.
//
//   | rt::ParseJson<Sale>("parse")
//
// Takes    Bytes.
// Emits    T.
// State    none. Watermark: passes.
// Refuses  what is not one JSON object that fits the mapping and the limits, naming the field, what
//          was met and wanted, and the byte.
template <typename T>
internal::ParseJsonStage<T> ParseJson(std::string name, const JsonLimits& limits = {}) {
  return {std::move(name), limits};
}

}  // namespace rtstream
