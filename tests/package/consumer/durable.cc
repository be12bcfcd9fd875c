// Counts the first n words of an endless text, over runs: the state directory remembers how far.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rtstream/connectors/rocksdb_store.h"
#include "rtstream/rtstream.h"

namespace rt = rtstream;

namespace {

absl::Status CountWords(const std::string& directory, int n) {
  RTSTREAM_ASSIGN_OR_RETURN(std::unique_ptr<rt::RocksDbStore> store,
                            rt::RocksDbStore::Open(directory));
  rt::MemorySource<std::string> words;
  for (int i = 0; i < n; ++i) words.Push("rose");
  words.Finish();
  int read = 0;
  rt::Pipeline pipeline = rt::From(words)
                        | rt::Inspect("read", [&](const std::string&) { ++read; })
                        | rt::Aggregate("count", [](const std::string& word) { return word; },
                                        [](int64_t& sum, const std::string&) { ++sum; })
                        | rt::Discard();
  RTSTREAM_RETURN_IF_ERROR(rt::Runner(std::move(pipeline), *store).Run());
  return rt::ReadState<std::string_view, int64_t>(
      *store, "count", rt::kSumsTable, [&](std::string_view, int64_t sum) {
        std::printf("read %d, counted %lld\n", read, static_cast<long long>(sum));
      });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const absl::Status status = CountWords(argv[1], std::atoi(argv[2]));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
