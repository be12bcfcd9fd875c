#include "examples/retail/usage.h"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace retail {

Usage UsageNow() {
  Usage usage;
  rusage now{};
  if (getrusage(RUSAGE_SELF, &now) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    usage.cpu_s = seconds(now.ru_utime) + seconds(now.ru_stime);
  }
  std::ifstream io("/proc/self/io");
  std::string name;
  double value = 0;
  while (io >> name >> value) {
    if (name == "write_bytes:") usage.written_mb = value / 1e6;
  }
  return usage;
}

}  // namespace retail
