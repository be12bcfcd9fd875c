#include "rtstream/testing/faulty_store.h"

#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream::testing {

std::string FaultyStore::Read(std::string value) const {
  if (value.empty() || !simulation_->Strikes(Fault::kStoreBitFlip)) return value;
  const uint64_t bit = simulation_->Amount(Fault::kStoreBitFlip, value.size() * 8);
  value[bit / 8] = static_cast<char>(value[bit / 8] ^ (1 << bit % 8));
  return value;
}

absl::StatusOr<std::optional<Versioned>> FaultyStore::Get(std::string_view key) const {
  std::optional<Versioned> found;
  RTSTREAM_RETURN_IF_ERROR(
      simulation_->Call("store.get", Fault::kStoreReadFails, [&]() -> absl::Status {
        RTSTREAM_ASSIGN_OR_RETURN(found, store_->Get(key));
        return absl::OkStatus();
      }));
  if (found) found->value = Read(std::move(found->value));
  return found;
}

absl::Status FaultyStore::Scan(std::string_view prefix, Visitor visit) const {
  return simulation_->Call("store.scan", Fault::kStoreReadFails, [&] {
    return store_->Scan(prefix, [&](std::string_view key, std::string_view value) {
      return visit(key, Read(std::string(value)));
    });
  });
}

absl::Status FaultyStore::Apply(const StateBatch& batch) {
  return simulation_->Call(
      "store.apply", Fault::kStoreNotDone,
      [&]() -> absl::Status {
        if (simulation_->IsDiskFull())
          return absl::ResourceExhaustedError("the simulated disk is full");
        RTSTREAM_RETURN_IF_ERROR(ApplyWhole(batch));
        if (!simulation_->Strikes(Fault::kStoreUnknown)) return absl::OkStatus();
        return absl::DataLossError(
            "the simulation has this batch applied and says that it does not know");
      },
      absl::StatusCode::kDataLoss);
}

absl::Status FaultyStore::ApplyWhole(const StateBatch& batch) {
  const std::optional<CommitRecord> before = last();
  RTSTREAM_RETURN_IF_ERROR(store_->Apply(batch));
  for (const StateWrite& write : batch.writes()) {
    if (write.key == kCommitKey) CheckCommit(before);
  }
  return absl::OkStatus();
}

std::optional<CommitRecord> FaultyStore::last() const {
  absl::StatusOr<std::optional<CommitRecord>> record = ReadCommit(*store_);
  if (record.ok()) return *std::move(record);
  simulation_->Violate(Concat("the last commit cannot be read: ", MessageOf(record.status())));
  return std::nullopt;
}

void FaultyStore::CheckCommit(const std::optional<CommitRecord>& before) {
  const std::optional<CommitRecord> now = last();
  if (!now) return simulation_->Violate("a commit has no record");
  const uint64_t want = before ? before->epoch + 1 : 0;
  if (now->epoch != want) simulation_->Violate(Concat("commit ", now->epoch, ", want ", want));
  if (before && now->watermark < before->watermark)
    simulation_->Violate("a commit sets the watermark back");
  if (before && now->lineage != before->lineage)
    simulation_->Violate("a commit changes the lineage");
  for (const auto& [name, is_durable] : staged_) {
    const auto mark = now->sinks.find(name);
    if (mark != now->sinks.end() && !is_durable(mark->second)) {
      simulation_->Violate(
          Concat("commit ", now->epoch, " names rows of sink '", name, "' that are not durable"));
    }
  }
}

size_t FaultyStore::unsent() const {
  size_t n = 0;
  (void)store_->Scan("x/", [&](std::string_view, std::string_view) {
    ++n;
    return absl::OkStatus();
  });
  return n;
}

bool FaultyStore::HoldsChunk(std::string_view sink, std::string_view token,
                             std::string_view bytes) const {
  bool holds = false;
  (void)store_->Scan(Concat("x/", sink, "/"), [&](std::string_view, std::string_view value) {
    holds |= value.find(token) != value.npos && value.find(bytes) != value.npos;
    return absl::OkStatus();
  });
  return holds;
}

}  // namespace rtstream::testing
