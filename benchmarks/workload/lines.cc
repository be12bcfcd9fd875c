#include "benchmarks/workload/lines.h"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "examples/retail/generate.h"
#include "rtstream/base/text.h"

namespace bench {
namespace {

// Behind the `most`-th LF, or the end.
size_t EndOfLines(std::string_view text, uint64_t most) {
  size_t end = 0;
  for (; most > 0; --most) {
    const size_t lf = text.find('\n', end);
    if (lf == std::string_view::npos) return text.size();
    end = lf + 1;
  }
  return end;
}

}  // namespace

Lines::Lines(rtstream::Pages pages, size_t size) : pages_(std::move(pages)), size_(size) {
  const char* p = pages_.data();
  const char* const end = p + size;
  while (p < end) {
    p = static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p))) + 1;
    ++count_;
  }
}

absl::StatusOr<Lines> Lines::Read(const std::string& path, uint64_t most) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (error || file == nullptr) return absl::NotFoundError(rtstream::Concat(path, ": cannot be read"));
  rtstream::Pages pages(size + 1 + kPadding);
  size_t got = std::fread(pages.data(), 1, size, file.get());
  if (got != size) return absl::DataLossError(rtstream::Concat(path, ": cannot be read whole"));
  if (size > 0 && pages.data()[size - 1] != '\n') pages.data()[got++] = '\n';
  const size_t end = EndOfLines({pages.data(), got}, most);
  return Lines(std::move(pages), end);
}

absl::StatusOr<Lines> Lines::Generate(uint64_t events) {
  // No line of the generator is longer.
  constexpr size_t kLongestLine = 288;
  rtstream::Pages pages(events * kLongestLine + kPadding);
  size_t size = 0;
  const absl::Status status = retail::Generate(
      {.events = events, .seed = 1, .invalid = 0.005, .late = 0}, [&](std::string_view piece) {
        if (size + piece.size() + kPadding > pages.size()) {
          return absl::InternalError("the generator's lines are longer than expected");
        }
        piece.copy(pages.data() + size, piece.size());
        size += piece.size();
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return Lines(std::move(pages), size);
}

Lines Lines::Copy(std::string_view text) {
  rtstream::Pages pages(text.size() + 1 + kPadding);
  size_t size = text.copy(pages.data(), text.size());
  if (size > 0 && text.back() != '\n') pages.data()[size++] = '\n';
  return {std::move(pages), size};
}

}  // namespace bench
