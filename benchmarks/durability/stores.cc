#include "benchmarks/durability/stores.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "rtstream/base/text.h"
#include "rtstream/connectors/log_store.h"
#include "rtstream/connectors/rocksdb_store.h"
#include "rtstream/state/memory_store.h"

namespace bench {

TemporaryDirectory::TemporaryDirectory(const std::string& parent) {
  std::string name = parent + "/rtstream_bench_XXXXXX";
  if (mkdtemp(name.data()) != nullptr) path_ = name;
}
TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

absl::StatusOr<std::unique_ptr<rt::StateStore>> OpenStore(const std::string& kind, const std::string& dir) {
  if (kind == "memory") return std::make_unique<rt::MemoryStateStore>();
  if (kind == "rocksdb") return rt::RocksDbStore::Open(dir);
  if (kind == "log") return rt::LogStore::Open(dir);
  return absl::InvalidArgumentError(rt::Concat("there is no store '", kind, "'"));
}

uint64_t DiskBytesWritten() {
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "write_bytes:") return value;
  }
  return 0;
}

double Percentile(std::vector<double>& numbers, double p) {
  if (numbers.empty()) return 0;
  std::sort(numbers.begin(), numbers.end());
  const auto at = static_cast<size_t>(p * static_cast<double>(numbers.size()));
  return numbers[std::min(at, numbers.size() - 1)];
}

}  // namespace bench
