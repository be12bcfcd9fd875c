#include "examples/retail/output_files.h"

#include <type_traits>
#include <utility>

#include "examples/retail/encode.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/dead_letter_file.h"
#include "rtstream/connectors/file_sink.h"

namespace retail {
namespace {

// Drops its rows.
template <typename T>
class DiscardSink final : public rt::PlainSink<T> {
 public:
  explicit DiscardSink(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Write(const rt::Rows<T>&) override { return absl::OkStatus(); }
  absl::Status Flush() override { return absl::OkStatus(); }

 private:
  std::string name_;
};

template <typename Line>
using File = rt::FileSink<StockOutcome, Line>;

}  // namespace

std::string OutputPath(std::string_view dir, std::string_view name) {
  return rt::Concat(dir, "/", name, ".ndjson");
}

Outputs FileOutputs(OutputDirectory directory) {
  const auto open = [&]<typename File>(std::type_identity<File>, std::string_view name) {
    return std::make_unique<File>(std::string(name), OutputPath(directory.path(), name));
  };
  auto facts = open(std::type_identity<File<FactLine>>(), kFacts);
  auto failed = open(std::type_identity<File<FailedLine>>(), kFailed);
  auto hot = open(std::type_identity<File<HotLine>>(), kHot);
  auto cold = open(std::type_identity<File<ColdLine>>(), kCold);
  auto dead_letters = open(std::type_identity<rt::DeadLetterFile>(), kDeadLetters);
  auto cut_bytes = [f = facts.get(), e = failed.get(), h = hot.get(), c = cold.get(),
                    d = dead_letters.get()] {
    return f->cut_bytes() + e->cut_bytes() + h->cut_bytes() + c->cut_bytes() + d->cut_bytes();
  };
  return {std::move(directory), std::move(facts),        std::move(failed),   std::move(hot),
          std::move(cold),      std::move(dead_letters), std::move(cut_bytes)};
}

Outputs DiscardedOutputs() {
  using Discard = DiscardSink<StockOutcome>;
  return {OutputDirectory(),
          std::make_unique<Discard>(kFacts),
          std::make_unique<Discard>(kFailed),
          std::make_unique<Discard>(kHot),
          std::make_unique<Discard>(kCold),
          std::make_unique<DiscardSink<rt::DeadLetter>>(kDeadLetters),
          [] { return uint64_t{0}; }};
}

}  // namespace retail
