#include "examples/retail/dead_letter_check.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/escaping.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/file_source.h"
#include "rtstream/core/dead_letter.h"
#include "rtstream/core/json_reader.h"

namespace retail {
namespace {

struct Letter {
  std::string_view op, code, message, partition;
  int64_t position = 0;
  uint64_t length = 0;
  std::string_view bytes;
};

}  // namespace
}  // namespace retail

template <>
struct rtstream::Mapping<retail::Letter> {
  using L = retail::Letter;
  static constexpr auto kFields =
      std::tuple{Field("operator", &L::op),       Field("code", &L::code),
                 Field("message", &L::message),   Field("partition", &L::partition),
                 Field("position", &L::position), Field("length", &L::length),
                 Field("bytes", &L::bytes)};
};

namespace retail {
namespace {

bool IsErrorCode(std::string_view name) {
  for (int code = 1; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    if (absl::StatusCodeToString(static_cast<absl::StatusCode>(code)) == name) return true;
  }
  return false;
}

absl::Status CheckBytes(const Letter& letter) {
  std::string bytes, again;
  absl::Base64Unescape({letter.bytes.data(), letter.bytes.size()}, &bytes);
  // Unescaping passes over much that escaping never writes.
  absl::Base64Escape(bytes, &again);
  if (again != letter.bytes) return absl::InvalidArgumentError("bytes: want base64");
  const uint64_t kept = std::min<uint64_t>(letter.length, rt::DeadLetter::kMaxBytes);
  if (bytes.size() == kept) return absl::OkStatus();
  return absl::InvalidArgumentError(rt::Concat("bytes: want ", kept, " of a record of length ",
                                               letter.length, ", got ", bytes.size()));
}

}  // namespace

absl::StatusOr<DeadLetterCheck> DeadLetterCheck::Of(const rt::CommitRecord& commit) {
  std::map<std::string, uint64_t> generations;  // by path
  DeadLetterCheck check;
  for (const auto& [name, partition] : commit.partitions) {
    RTSTREAM_ASSIGN_OR_RETURN(const rt::FilePartition file,
                              rt::DescribeFilePartition({name, partition.resume}));
    if (file.path.empty()) {
      check.files_[name] = 1;  // a standard input
      continue;
    }
    uint64_t& generation = generations[file.path];
    generation = std::max(generation, file.generation);
  }
  for (const auto& [path, generation] : generations) {
    check.files_[path.substr(path.rfind('/') + 1)] += generation;
  }
  return check;
}

absl::Status DeadLetterCheck::Add(std::string_view line) {
  arena_.Clear();
  Letter letter;
  RTSTREAM_RETURN_IF_ERROR(rt::ReadJson(line, arena_, letter));
  if (letter.op.empty() || letter.message.empty()) {
    return absl::InvalidArgumentError("want an operator and a message");
  }
  if (!IsErrorCode(letter.code)) {
    return absl::InvalidArgumentError(rt::Concat("code: want an error's, got ", letter.code));
  }
  if (letter.position < 0) return absl::InvalidArgumentError("position: want at least 0");
  RTSTREAM_RETURN_IF_ERROR(CheckBytes(letter));
  const auto files = files_.find(letter.partition);
  if (files == files_.end()) {
    return absl::InvalidArgumentError(
        rt::Concat("partition: the state knows no input of the name ", letter.partition));
  }
  const std::string record = rt::Concat(letter.partition, ":", letter.position);
  if (++seen_[rt::StableHash(record)] > files->second) {
    return absl::InvalidArgumentError(rt::Concat("the record ", record, " is here twice"));
  }
  return absl::OkStatus();
}

}  // namespace retail
