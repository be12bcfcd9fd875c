// Watches thermometers: an operator of one's own that remembers, across a restart, what it saw last.

#include <cstdint>
#include <cstdio>
#include <string>
#include <tuple>

#include "rtstream/rtstream.h"

namespace rt = rtstream;

namespace {

struct Reading {
  int64_t sensor = 0;
  double celsius = 0;
};

struct Change {
  int64_t sensor = 0;
  double from = 0, to = 0;
};

// Emits a Change when a sensor shows something else than the last time; the first reading is none.
struct OnlyChanges {
  using Input = Reading;
  using Output = Change;

  rt::KeyedState<int64_t, double> last{"last"};
  auto States() { return std::tie(last); }

  template <typename Emit>
  absl::Status Process(const Reading& r, rt::Context&, Emit&& emit) {
    if (r.celsius < -273.15) return absl::InvalidArgumentError("colder than nothing can be");
    const double* before = last.Get(r.sensor);
    if (before != nullptr && *before != r.celsius) emit(Change{r.sensor, *before, r.celsius});
    last.Put(r.sensor, r.celsius);
    return absl::OkStatus();
  }
};

rt::Pipeline MakePipeline(rt::Source<Reading>& readings, rt::Sink<Change>& changes) {
  return rt::From(readings) | rt::Apply("only_changes", OnlyChanges{}) | rt::To(changes);
}

void Print(const std::vector<Change>& changes, const std::vector<rt::DeadLetter>& letters) {
  for (const Change& c : changes) {
    std::printf("sensor %d: %.1f -> %.1f\n", static_cast<int>(c.sensor), c.from, c.to);
  }
  for (const rt::DeadLetter& d : letters) {
    std::printf("record %d: refused by %s: %s\n", static_cast<int>(d.position), d.op.c_str(), d.message.c_str());
  }
}

}  // namespace

int main() {
  rt::MemorySource<Reading> readings;
  rt::MemorySink<Change> changes;
  rt::MemorySink<rt::DeadLetter> letters("letters");
  rt::MemoryStateStore store;
  const auto run = [&] {
    rt::Runner runner(MakePipeline(readings, changes), store, {.dead_letters = &letters});
    return runner.Run();
  };

  for (const Reading& r : {Reading{1, 20.0}, {2, 5.0}, {1, 20.0}, {1, 20.5}, {2, -300}}) readings.Push(r);
  readings.Finish();
  absl::Status status = run();

  // Another runner on the same store: it goes on behind the last commit, with what was remembered there.
  for (const Reading& r : {Reading{2, 5.5}, {1, 20.5}, {1, 21.0}}) readings.Push(r);
  if (status.ok()) status = run();

  Print(changes.all(), letters.all());
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
