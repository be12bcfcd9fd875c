#include "shrink.h"

#include <algorithm>
#include <utility>

namespace rtstream::testing {
namespace {

class Shrinker {
 public:
  Shrinker(ShrunkRun run, const StillFails& still_fails, int most_tries)
      : run_(std::move(run)), still_fails_(&still_fails), tries_(most_tries) {}

  ShrunkRun Shrink() {
    for (bool gets_on = true; gets_on;) {
      gets_on = DropStrikes();
      gets_on = HastenStrikes() || gets_on;
      gets_on = DropRecords() || gets_on;
    }
    return run_;
  }

 private:
  bool Try(ShrunkRun smaller) {
    if (tries_ == 0) return false;
    --tries_;
    if (!(*still_fails_)(smaller)) return false;
    run_ = std::move(smaller);
    return true;
  }

  // Without each piece of the strikes in turn; pieces of half of them, then a quarter, ... then
  // one.
  bool DropStrikes() {
    bool gets_on = false;
    for (size_t size = std::max<size_t>(run_.strikes.size() / 2, 1);
         size > 0 && !run_.strikes.empty(); size /= 2) {
      for (size_t at = 0; at < run_.strikes.size();) {
        ShrunkRun smaller = run_;
        const auto begin = smaller.strikes.begin() + static_cast<std::ptrdiff_t>(at);
        smaller.strikes.erase(begin, begin + static_cast<std::ptrdiff_t>(
                                                 std::min(size, smaller.strikes.size() - at)));
        if (Try(std::move(smaller))) {
          gets_on = true;
        } else {
          at += size;
        }
      }
    }
    return gets_on;
  }

  // Each strike at an earlier place, of which fewer records have one.
  bool HastenStrikes() {
    bool gets_on = false;
    for (size_t i = 0; i < run_.strikes.size(); ++i) {
      for (bool is_earlier = true; is_earlier && run_.strikes[i].nth > 0;) {
        ShrunkRun half = run_, less = run_;
        half.strikes[i].nth /= 2;
        --less.strikes[i].nth;
        is_earlier = Try(std::move(half)) || Try(std::move(less));
        gets_on |= is_earlier;
      }
    }
    return gets_on;
  }

  bool DropRecords() {
    bool gets_on = false;
    for (size_t part = 2; part <= run_.max_records;) {
      if (Try({run_.strikes, run_.max_records - run_.max_records / part})) {
        gets_on = true;
      } else {
        part *= 2;
      }
    }
    return gets_on;
  }

  ShrunkRun run_;
  const StillFails* still_fails_;
  int tries_;
};

}  // namespace

ShrunkRun Shrink(ShrunkRun run, const StillFails& still_fails, int most_tries) {
  return Shrinker(std::move(run), still_fails, most_tries).Shrink();
}

}  // namespace rtstream::testing
