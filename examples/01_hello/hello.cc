// Counts words: a source, four operators, and the committed state read back.

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/rtstream.h"

namespace rt = rtstream;

namespace {

std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < line.size();) {
    const size_t end = std::min(line.find(' ', begin), line.size());
    if (end > begin) words.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

rt::Pipeline MakePipeline(rt::Source<std::string>& lines) {
  return rt::From(lines)
       | rt::FlatMap("split", Words)
       | rt::Filter("long", [](const std::string& word) { return word.size() > 1; })
       | rt::Aggregate("count", [](const std::string& word) -> std::string_view { return word; },
                       [](uint64_t& n, const std::string&) { ++n; })
       | rt::Discard();
}

}  // namespace

int main() {
  rt::MemorySource<std::string> lines;
  lines.Push("a rose is a rose");
  lines.Push("is a rose");
  lines.Finish();

  rt::MemoryStateStore store;
  rt::Runner runner(MakePipeline(lines), store);
  absl::Status status = runner.Run();
  if (status.ok()) {
    status = rt::ReadSums<std::string_view, uint64_t>(store, "count", [](std::string_view word, uint64_t n) {
      std::printf("%.*s %llu\n", static_cast<int>(word.size()), word.data(),
                  static_cast<unsigned long long>(n));
    });
  }
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
