#include "sink_set.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "../base/mutant.h"
#include "opening.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream {
namespace {

// Chunks that wait: x/<sink>/<epoch>/<number>.
constexpr std::string_view kOutbox = "x/";

// Operators refuse one after the other. Left in that order, the letters would tell where batches were
// cut, and a replay cuts them elsewhere.
void PutInInputOrder(Batch<DeadLetter>& letters) {
  const absl::Span<const DeadLetter> rows = letters.rows();
  const auto is_before = [&](size_t a, size_t b) { return rows[a].position < rows[b].position; };
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (std::is_sorted(order.begin(), order.end(), is_before)) return;
  std::stable_sort(order.begin(), order.end(), is_before);
  Batch<DeadLetter> sorted;
  for (size_t i : order) sorted.Append(rows[i], letters.frame().meta(i));
  letters = std::move(sorted);
}

}  // namespace

SinkSet::SinkSet(const std::vector<Node*>& nodes, Sink<DeadLetter>* dead_letters) {
  for (const Node* node : nodes) {
    SinkBase* sink = node->sink();
    if (sink == nullptr || std::find(sinks_.begin(), sinks_.end(), sink) != sinks_.end()) continue;
    sinks_.push_back(sink);
  }
  if (dead_letters != nullptr) {
    dead_letters_.emplace(dead_letters);
    sinks_.push_back(dead_letters);
  }
}

absl::Status SinkSet::Start(Lane& lane) {
  shared_ = lane.shared();
  return dead_letters_ ? dead_letters_->Start(lane) : absl::OkStatus();
}

absl::Status SinkSet::CheckKinds() const {
  for (SinkBase* sink : sinks_) {
    if (sink->plain() == nullptr && sink->staged() == nullptr && sink->outbox() == nullptr) {
      return absl::InvalidArgumentError(
          Concat("sink '", sink->name(), "' is derived from Sink: want PlainSink, StagedSink or OutboxSink, ",
                 "which say how it delivers"));
    }
  }
  return absl::OkStatus();
}

absl::Status SinkSet::CheckAllPlain() const {
  for (SinkBase* sink : sinks_) {
    if (sink->plain() == nullptr) {
      return absl::FailedPreconditionError(
          Concat("sink '", sink->name(), "' needs commits, and this run has no store"));
    }
  }
  return absl::OkStatus();
}

std::vector<StagedSinkBase*> SinkSet::staged() const {
  std::vector<StagedSinkBase*> staged;
  for (SinkBase* sink : sinks_) {
    if (sink->staged() != nullptr) staged.push_back(sink->staged());
  }
  return staged;
}

absl::Status SinkSet::Open(const CommitRecord& last) {
  std::set<std::string_view> names;
  for (SinkBase* sink : sinks_) {
    RTSTREAM_RETURN_IF_ERROR(CheckName(sink->name()));
    if (!names.insert(sink->name()).second) {
      return absl::InvalidArgumentError(Concat("two sinks are named '", sink->name(), "'"));
    }
  }
  for (SinkBase* sink : sinks_) {
    absl::Status status;
    if (StagedSinkBase* staged = sink->staged(); staged != nullptr) {
      auto mark = last.sinks.find(std::string(sink->name()));
      if (RTSTREAM_MUTANT("staged_not_opened_at_mark")) continue;
      status = staged->Open(mark == last.sinks.end() ? std::nullopt
                                                     : std::optional<std::string>(mark->second));
    } else if (PlainSinkBase* plain = sink->plain(); plain != nullptr) {
      status = plain->Open();
    } else {
      status = sink->outbox()->Open();
    }
    RTSTREAM_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status SinkSet::WriteDeadLetters(Lane& lane) {
  Batch<DeadLetter>& letters = lane.dead_letters();
  if (letters.empty() || !dead_letters_) return absl::OkStatus();
  if (!RTSTREAM_MUTANT("letters_in_operators_order")) PutInInputOrder(letters);
  std::unique_lock<std::mutex> lock;
  if (shared_ != nullptr) lock = std::unique_lock(letters_mutex_);
  // More letters than a selection holds go in several writes.
  absl::Status status;
  for (size_t begin = 0; begin < letters.size() && status.ok(); begin += Frame::kMaxRows) {
    const size_t end = std::min(letters.size(), begin + Frame::kMaxRows);
    all_letters_.Clear();
    for (size_t i = begin; i < end; ++i) all_letters_.Add(i - begin);
    status = dead_letters_->Process(
        lane, Rows<DeadLetter>(letters.rows().data() + begin, letters.frame(), all_letters_));
  }
  letters.Clear();
  if (shared_ != nullptr) lane.Enter(nullptr);  // the counters are changed under the lock
  return status;
}

absl::Status SinkSet::Cut(Lane& lane, CommitRecord& next, CommitJob& job) {
  for (SinkBase* sink : sinks_) {
    const std::string name(sink->name());
    if (PlainSinkBase* plain = sink->plain(); plain != nullptr) {
      RTSTREAM_RETURN_IF_ERROR(lane.Retry([&] { return plain->Flush(); }));
    } else if (StagedSinkBase* staged = sink->staged(); staged != nullptr) {
      RTSTREAM_ASSIGN_OR_RETURN(next.sinks[name], staged->Cut());
    } else if (OutboxSinkBase* outbox = sink->outbox(); outbox != nullptr) {
      RTSTREAM_ASSIGN_OR_RETURN(std::vector<std::string> chunks, outbox->TakeChunks());
      for (size_t i = 0; i < chunks.size(); ++i) {
        // Every repeat of a chunk has its token, and nothing else ever has.
        const uint64_t epoch = RTSTREAM_MUTANT("token_without_epoch") ? 0 : job.epoch;
        const size_t number = RTSTREAM_MUTANT("token_without_chunk") ? 0 : i;
        std::string token = Concat(OrderedHex(next.lineage), "-", name, "-", epoch, "-", number);
        std::string key = Concat(kOutbox, name, "/", OrderedHex(job.epoch), "/", OrderedHex(i));
        ByteWriter out;
        out.String(token);
        out.String(chunks[i]);
        std::string stored = std::move(out).Take();
        SealBlock(stored);
        if (!RTSTREAM_MUTANT("chunk_not_stored")) job.batch.Put(key, std::move(stored));
        job.outgoing.push_back({outbox, std::move(key), {std::move(token), std::move(chunks[i])}});
      }
    }
  }
  return absl::OkStatus();
}

absl::Status SinkSet::Publish(const CommitRecord& record) {
  for (SinkBase* sink : sinks_) {
    if (StagedSinkBase* staged = sink->staged(); staged != nullptr) {
      auto mark = record.sinks.find(std::string(sink->name()));
      if (mark == record.sinks.end()) continue;
      std::shared_ptr<std::mutex> turn;
      std::unique_lock<std::mutex> lock;
      if (shared_ != nullptr) {
        turn = internal::SinkTurn(*shared_, sink->name());
        lock = std::unique_lock(*turn);
      }
      RTSTREAM_RETURN_IF_ERROR(staged->Publish(mark->second));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CommitJob::Outgoing>> SinkSet::ReadOutbox(
    const StateReader& store) const {
  std::vector<CommitJob::Outgoing> unsent;
  RTSTREAM_RETURN_IF_ERROR(
      store.Scan(kOutbox, [&](std::string_view key, std::string_view value) -> absl::Status {
        std::string_view name = key.substr(kOutbox.size());
        name = name.substr(0, name.find('/'));
        OutboxSinkBase* outbox = FindOutbox(name);
        if (outbox == nullptr) {
          return absl::FailedPreconditionError(
              Concat("sink '", name, "' has output to send but is not in this pipeline"));
        }
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
        ByteReader in(block);
        OutboxChunk chunk{std::string(in.String()), std::string(in.String())};
        if (!in.ok()) return absl::DataLossError(Concat(key, " is cut short"));
        unsent.push_back({outbox, std::string(key), std::move(chunk)});
        return absl::OkStatus();
      }));
  return unsent;
}

OutboxSinkBase* SinkSet::FindOutbox(std::string_view name) const {
  for (SinkBase* sink : sinks_) {
    if (sink->name() == name) return sink->outbox();
  }
  return nullptr;
}

}  // namespace rtstream
