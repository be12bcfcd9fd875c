#include "rtstream/testing/store_contract.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "store_rules.h"

namespace rtstream::testing {
namespace internal {

absl::Status StoreTrial::Open(std::string_view place) {
  store_.reset();
  absl::StatusOr<std::unique_ptr<StateStore>> opened = setup_->open(dir_.Path(place));
  RTSTREAM_RETURN_IF_ERROR(Doing("the store was opened", opened.status()));
  store_ = *std::move(opened);
  return Want(store_ != nullptr, "opening gave no store and no error");
}

absl::Status StoreTrial::Copy(std::string_view place, std::string_view copy) const {
  std::error_code error;
  // A store may make its files with the first batch.
  if (!std::filesystem::exists(dir_.Path(place), error)) return absl::OkStatus();
  std::filesystem::copy(dir_.Path(place), dir_.Path(copy), std::filesystem::copy_options::recursive, error);
  return error ? absl::UnknownError(Concat("cannot copy the store's files: ", error.message()))
               : absl::OkStatus();
}

std::string PairLine(std::string_view key, std::string_view value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string line;
  const auto append = [&line](std::string_view text) {
    // Long ones are told apart by their beginning and their length.
    for (const char c : text.substr(0, 64)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte > ' ' && byte < 0x7f && c != '\\' && c != '=') {
        line.push_back(c);
      } else {
        line.append({'\\', kDigits[byte >> 4], kDigits[byte & 15]});
      }
    }
    if (text.size() > 64) line += Concat("...(", text.size(), ")");
  };
  append(key);
  line.push_back('=');
  append(value);
  return line;
}

absl::StatusOr<std::vector<std::string>> ReadLines(const StateReader& reader, std::string_view prefix) {
  std::vector<std::string> lines;
  RTSTREAM_RETURN_IF_ERROR(Doing("a scan", reader.Scan(prefix, [&](std::string_view key, std::string_view value) {
    lines.push_back(PairLine(key, value));
    return absl::OkStatus();
  })));
  return lines;
}

absl::Status WantContent(const std::vector<std::string>& want, const StateReader& reader,
                         std::string_view what, std::string_view prefix) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<std::string> got, ReadLines(reader, prefix));
  return WantLines(want, got, what);
}

absl::Status WantValue(const StateReader& reader, std::string_view key, std::string_view value,
                       uint64_t version) {
  const absl::StatusOr<std::optional<Versioned>> found = reader.Get(key);
  RTSTREAM_RETURN_IF_ERROR(Doing("Get", found.status()));
  if (!found->has_value()) return Broken(Concat("key ", PairLine(key, value), " is not there"));
  RTSTREAM_RETURN_IF_ERROR(WantLines({PairLine(key, value)}, {PairLine(key, (*found)->value)}, "Get"));
  if ((*found)->version == version) return absl::OkStatus();
  return Broken(Concat("want version ", version, " of ", PairLine(key, value), ", got ", (*found)->version));
}

absl::Status WantCode(absl::StatusCode code, const absl::Status& got, std::string_view what) {
  if (got.code() == code) return absl::OkStatus();
  return Broken(Concat(what, ": want ", absl::StatusCodeToString(code), ", got ", got.ToString()));
}

absl::Status Put(StateStore& store, std::string key, std::string value, uint64_t version) {
  StateBatch batch;
  batch.Put(std::move(key), std::move(value), version);
  return Doing("Apply of one key", store.Apply(batch));
}

ContractRule StoreRule(const std::shared_ptr<const StoreSetup>& setup, std::string name,
                       std::function<absl::Status(StoreTrial&)> check) {
  return {std::move(name), [setup, check = std::move(check)] {
            StoreTrial trial(*setup);
            RTSTREAM_RETURN_IF_ERROR(trial.Open());
            return check(trial);
          }};
}

}  // namespace internal

Contract StoreContract(const StoreSetup& setup) {
  const auto shared = std::make_shared<const StoreSetup>(setup);
  Contract all = internal::StoreReadRules(shared);
  for (Contract rules : {internal::StoreBatchRules(shared), internal::StoreCrashRules(shared)}) {
    for (ContractRule& rule : rules) all.push_back(std::move(rule));
  }
  return all;
}

}  // namespace rtstream::testing
