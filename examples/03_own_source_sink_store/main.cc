// Adds up what customers owe and pages every bill, exactly once, although the process dies on the way.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "one_file_store.h"
#include "orders.h"
#include "pager.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/rtstream.h"

namespace rt = rtstream;

namespace {

rt::Pipeline MakePipeline(rt::Source<Order>& orders, rt::Sink<Bill>& pager) {
  return rt::From(orders)
       | rt::Aggregate("owed", &Order::customer, [](int64_t& sum, const Order& o) { sum += o.cents; })
       | rt::Map("bill", [](const rt::Aggregated<int64_t, int64_t>& a) { return Bill{a.key, a.value}; })
       | rt::To(pager);
}

// One life of the process. Batches of two orders, each committed when `commits` says so; then it goes on to the
// end of the input, or dies with what was not committed.
absl::Status Live(const std::string& path, PagerService& service, int batches, int commits) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<OneFileStore> store, OneFileStore::Open(path));
  Orders orders(8);
  Pager pager(service);
  rt::Runner runner(MakePipeline(orders, pager), *store, {.batch_rows = 2});
  RTSTREAM_RETURN_IF_ERROR(runner.Open());
  for (int i = 0; i < batches; ++i) {
    RTSTREAM_RETURN_IF_ERROR(runner.Step().status());
    if (i < commits) RTSTREAM_RETURN_IF_ERROR(runner.Commit());
  }
  return absl::OkStatus();
}

absl::Status Demonstrate(const std::string& path) {
  PagerService service;
  std::printf("first life: three batches, one commit\n");
  RTSTREAM_RETURN_IF_ERROR(Live(path, service, 3, 1));
  std::printf("second life: to the end\n");
  return Live(path, service, 3, 3);
}

}  // namespace

int main() {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "rtstream_example_03.state";
  std::filesystem::remove(path);
  const absl::Status status = Demonstrate(path.string());
  std::filesystem::remove(path);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
