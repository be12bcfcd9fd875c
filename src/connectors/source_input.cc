#include "source_input.h"

#include "rtstream/base/text.h"

namespace rtstream {

uint32_t PartitionList::AddKnown(const std::string& name) {
  taken_.insert(name);
  all_.push_back({name});
  return static_cast<uint32_t>(all_.size() - 1);
}

uint32_t PartitionList::AddNew(const std::string& name) {
  std::string free = name;
  for (uint64_t n = 2; taken_.count(free) != 0; ++n) free = Concat(name, "~", n);
  return AddKnown(free);
}

}  // namespace rtstream
