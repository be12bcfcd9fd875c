#include "rtstream/testing/simulated_sinks.h"

namespace rtstream::testing::internal {

absl::Status StagedRows::Open(const std::optional<std::string>& committed) {
  size_t n = 0;
  if (committed && !absl::SimpleAtoi(*committed, &n)) {
    return absl::DataLossError(Concat("the mark of sink '", name_, "' is '", *committed, "'"));
  }
  if (n > rows_.size()) {
    return absl::DataLossError(
        Concat("sink '", name_, "' has ", rows_.size(), " rows, fewer than the ", n, " committed"));
  }
  rows_.resize(n);
  // What is cut off is durable as a length.
  cut_ = synced_ = n;
  return absl::OkStatus();
}

bool StagedRows::IsDurable(const std::string& mark) const {
  size_t n = 0;
  return absl::SimpleAtoi(mark, &n) && n <= synced_;
}

void StagedRows::Publish(Simulation& simulation, const std::string& mark) {
  const std::optional<CommitRecord> last = simulation.store().last();
  const auto stored =
      last ? last->sinks.find(name_) : std::map<std::string, std::string>::const_iterator();
  if (!last || stored == last->sinks.end()) {
    return simulation.Violate(
        Concat("sink '", name_, "' publishes ", mark, ", no commit names it"));
  }
  size_t published = 0, committed = 0;
  if (!absl::SimpleAtoi(mark, &published) || !absl::SimpleAtoi(stored->second, &committed) ||
      published > committed) {
    simulation.Violate(
        Concat("sink '", name_, "' publishes ", mark, ", the last commit has ", stored->second));
  }
}

void StagedRows::LosePower(bool is_torn) {
  const size_t lost = rows_.size() - synced_;
  if (!is_torn) return rows_.resize(synced_);
  rows_.resize(synced_ + lost / 2);
  if (lost / 2 > 0) rows_.back().resize(rows_.back().size() / 2);
}

void Receiver::Take(Simulation& simulation, std::string_view sink, const OutboxChunk& chunk) {
  if (!simulation.store().HoldsChunk(sink, chunk.token, chunk.bytes)) {
    simulation.Violate(Concat("sink '", sink, "' sends a chunk that no commit holds"));
  }
  const auto [it, is_new] = seen_.emplace(chunk.token, chunk.bytes);
  if (!is_new) {
    if (it->second != chunk.bytes) {
      simulation.Violate(Concat("sink '", sink, "' sends other bytes under token ", chunk.token));
    }
    return;
  }
  simulation.Trace(chunk.bytes);
  for (size_t at = 0; at < chunk.bytes.size();) {
    const size_t end = chunk.bytes.find('\n', at);
    rows_.push_back(chunk.bytes.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace rtstream::testing::internal
