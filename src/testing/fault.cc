#include "rtstream/testing/fault.h"

namespace rtstream::testing {

std::string_view NameOf(Fault fault) {
  static constexpr std::array<std::string_view, kFaults> kNames = {"crash_between_steps",
                                                                   "crash_before_call",
                                                                   "crash_after_call",
                                                                   "crash_in_recovery",
                                                                   "power_loss",
                                                                   "torn_tail",
                                                                   "store_not_done",
                                                                   "store_unknown",
                                                                   "store_read_fails",
                                                                   "store_bit_flip",
                                                                   "disk_full",
                                                                   "staged_write_fails",
                                                                   "staged_cut_fails",
                                                                   "staged_sync_fails",
                                                                   "staged_publish_fails",
                                                                   "staged_open_fails",
                                                                   "plain_write_fails",
                                                                   "plain_flush_fails",
                                                                   "outbox_take_fails",
                                                                   "outbox_not_done",
                                                                   "outbox_answer_lost",
                                                                   "outbox_doubled",
                                                                   "outbox_down",
                                                                   "poll_fails",
                                                                   "source_open_fails",
                                                                   "lookup_fails",
                                                                   "poll_empty",
                                                                   "short_batch",
                                                                   "commit_lags",
                                                                   "clock_jumps",
                                                                   "pause",
                                                                   "stop",
                                                                   "other_options"};
  static_assert(!kNames.back().empty(), "each fault has a name");
  return kNames[static_cast<size_t>(fault)];
}

}  // namespace rtstream::testing
