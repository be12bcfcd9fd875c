#pragma once

#include <algorithm>
#include <optional>

#include "rtstream/base/time.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// How long a lane waits whose source has nothing for now. Whoever was busy a moment ago is asked again soon:
// a record that comes now waits an eighth longer than the source was silent, and the commit that is due or
// under way is not late either. One thread.
class IdleWait {
 public:
  // `commit_due`: when the next commit is, if one will be.
  Duration Next(Duration now, Duration most, bool is_committing, std::optional<Duration> commit_due) {
    constexpr Duration kShortest(20), kWhileCommitting(500);
    if (!since_) since_ = now;
    Duration wait = std::max((now - *since_) / 8, kShortest);
    if (is_committing) wait = std::min(wait, kWhileCommitting);
    if (commit_due) wait = std::min(wait, std::max(*commit_due - now, kShortest));
    return std::min(wait, most);
  }
  // The source had something.
  void Reset() { since_.reset(); }

 private:
  std::optional<Duration> since_;  // when the source was first found to have nothing
};

}  // namespace rtstream

#pragma GCC visibility pop
