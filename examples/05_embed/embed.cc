// A host that has its own event loop, with two pipelines in it: one is a part of the loop, the other has a
// thread. Clients write orders to the host, and ask it what is in stock while it runs.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include "rtstream/rtstream.h"

namespace rt = rtstream;
using namespace std::chrono_literals;

namespace {

struct Order {
  std::string item;
  int64_t units = 0;
};

rt::Pipeline OrdersPipeline(rt::Source<Order>& orders) {
  return rt::From(orders)
       | rt::UpdateInventory("stock", &Order::item,
                             [](const Order& o) { return rt::Movement{rt::MovementKind::kSell, o.units}; },
                             [](const Order&) { return int64_t{10}; })
       | rt::Discard();
}

rt::Pipeline PricesPipeline(rt::Source<int64_t>& prices) {
  return rt::From(prices)
       | rt::Aggregate("sum", [](const int64_t&) { return 0; }, [](int64_t& sum, const int64_t& p) { sum += p; })
       | rt::Discard();
}

// The library writes nowhere: what it has to say goes to the host.
class ScreenLogger final : public rt::Logger {
 public:
  explicit ScreenLogger(std::string_view who) : who_(who) {}
  void Log(rt::LogLevel, std::string_view message) override {
    std::printf("%s: %.*s\n", who_.c_str(), static_cast<int>(message.size()), message.data());
  }

 private:
  std::string who_;
};

// The host: reads lines from `fd`, "pen 3" an order, "?" a question.
class Shop {
 public:
  explicit Shop(int fd) : fd_(fd) {}

  absl::Status Run() {
    absl::Status status = runner_.Open();
    while (status.ok() && is_open_) {
      // Waits for whatever comes first: a client, or the next commit.
      pollfd client{fd_, POLLIN, 0};
      if (poll(&client, 1, static_cast<int>(runner_.wait_hint() / 1ms) + 1) > 0) status = ReadClient();
      if (status.ok()) status = runner_.Step().status();
    }
    return status.ok() ? runner_.Commit() : status;
  }

 private:
  absl::Status ReadClient() {
    char bytes[256];
    const ssize_t n = read(fd_, bytes, sizeof bytes);
    is_open_ = n > 0;
    for (ssize_t i = 0; i < n; ++i) {
      if (bytes[i] != '\n') {
        line_ += bytes[i];
        continue;
      }
      absl::Status status = line_ == "?" ? Answer() : Take(line_);
      line_.clear();
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  absl::Status Take(std::string_view line) {
    const size_t space = std::min(line.find(' '), line.size());
    Order order{std::string(line.substr(0, space))};
    if (space < line.size()) std::from_chars(line.data() + space + 1, line.data() + line.size(), order.units);
    orders_.Push(std::move(order));  // who wants no units is refused by the operator
    return runner_.Step().status();
  }
  // From what is committed, which any thread may read at any time.
  absl::Status Answer() {
    if (absl::Status status = runner_.Commit(); !status.ok()) return status;
    return rt::ReadItems<std::string_view, rt::Stock>(
        store_, "stock", [](std::string_view item, const rt::Item<rt::Stock>& stock) {
          std::printf("in stock: %lld of %.*s\n", static_cast<long long>(stock.value.on_hand),
                      static_cast<int>(item.size()), item.data());
        });
  }

  int fd_;
  bool is_open_ = true;
  std::string line_;
  rt::MemorySource<Order> orders_;
  rt::MemoryStateStore store_;
  // No thread of the library's: commits happen in Step().
  rt::Runner runner_{OrdersPipeline(orders_), store_, {.commit_mode = rt::CommitMode::kInStep}};
};

absl::Status RunHost() {
  // A pipeline with a thread of its own.
  rt::MemorySource<int64_t> prices;
  for (int64_t p = 1; p <= 1000; ++p) prices.Push(p);
  rt::MemoryStateStore store;
  ScreenLogger logger("prices");
  rt::Runner runner(PricesPipeline(prices), store, {.commit_interval = 1h, .max_state_bytes = 64 << 20, .logger = &logger});
  if (absl::Status status = runner.Start(); !status.ok()) return status;

  int ends[2];
  if (pipe(ends) != 0) return absl::ErrnoToStatus(errno, "make a pipe");
  std::thread client([fd = ends[1]] {
    for (std::string_view line : {"pen 3\n", "ink 1\n", "?\n", "pen 8\n", "pen 7\n", "?\n"}) {
      (void)!write(fd, line.data(), line.size());
    }
    close(fd);
  });
  Shop shop(ends[0]);
  absl::Status status = shop.Run();
  client.join();
  close(ends[0]);
  if (!status.ok()) return status;

  // Figures of all operators are there at any time; the first is the source's.
  while (runner.Stats().front().out < 1000) std::this_thread::yield();
  // Reads no more, and has committed what it read: the moment to look at it, or to copy it.
  runner.Pause();
  while (runner.status().phase == rt::RunnerPhase::kRunning) std::this_thread::yield();
  status = rt::ReadSums<int, int64_t>(store, "sum", [](int, int64_t sum) {
    std::printf("prices: the sum is %lld\n", static_cast<long long>(sum));
  });
  if (!status.ok()) return status;
  const rt::RunnerStatus before = runner.status();
  std::printf("prices: %s\n", std::string(rt::NameOf(before.phase)).c_str());
  return runner.Stop(5s);
}

}  // namespace

int main() {
  const absl::Status status = RunHost();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
