// The file connectors keep the contracts of plug-ins.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rtstream/connectors/dead_letter_file.h"
#include "rtstream/connectors/file_sink.h"
#include "rtstream/connectors/file_source.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/sink_contract.h"
#include "rtstream/testing/source_contract.h"
#include "rtstream/testing/text_diff.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream::testing {
namespace {

// Two files of lines, one without a last line end, and one with a line that holds no record.
Contract FileSourceContract(FileSourceOptions options) {
  const auto dir = std::make_shared<ScratchDir>();
  options.paths = {dir->Write("first", "one\ntwo\n\nthree\nfour\r\nfive\nsix\n"),
                   dir->Write("second", "seven\neight\nnine"), dir->Write("empty", "")};
  const bool is_finite = !options.follow;
  std::vector<std::vector<std::string>> records = {{"one", "two", "three", "four", "five", "six"},
                                                   {"seven", "eight", "nine"}};
  // A line waits for its end.
  if (options.follow) records[1].pop_back();
  return SourceContract<Bytes>({.make = [dir, options] { return std::make_unique<FileSource>(options); },
                                .records = records,
                                .is_finite = is_finite});
}

const bool file_source =
    TestContract("FileSourceContract", FileSourceContract({}));
const bool file_source_in_small_reads =
    TestContract("FileSourceInSmallReadsContract", FileSourceContract({.max_record = 64, .chunk_bytes = 4}));
const bool following_file_source =
    TestContract("FollowingFileSourceContract", FileSourceContract({.follow = true}));

// A file that is written by one sink after another.
template <typename S, typename T>
class FilePlace final : public SinkPlace<T> {
 public:
  Sink<T>& Restart() override { return sink_.emplace("lines", dir_.Path("lines")); }
  absl::StatusOr<std::vector<std::string>> Read() override { return SplitLines(dir_.Read("lines")); }

 private:
  ScratchDir dir_;
  std::optional<S> sink_;
};

struct Plain {
  void operator()(const std::string& row, std::string& out) const { out += row; }
};
// Rows so long that the sink writes while an epoch grows.
struct Long {
  void operator()(const std::string& row, std::string& out) const { (out += row).append(20'000, '.'); }
};

std::vector<std::string> SomeRows() {
  std::vector<std::string> rows;
  for (int i = 0; i < 12; ++i) rows.push_back("row " + std::to_string(i));
  return rows;
}

template <typename Encode>
Contract FileSinkContract() {
  return StagedSinkContract<std::string>(
      {.make_place = [] { return std::make_unique<FilePlace<FileSink<std::string, Encode>, std::string>>(); },
       .rows = SomeRows(),
       .text = [](const std::string& row) {
         std::string line;
         Encode{}(row, line);
         return line;
       }});
}

Contract DeadLetterFileContract() {
  std::vector<DeadLetter> letters;
  for (const std::string& row : SomeRows()) {
    DeadLetter& letter = letters.emplace_back();
    letter.op = "parse";
    letter.code = absl::StatusCode::kInvalidArgument;
    letter.message = letter.bytes = row;
  }
  return StagedSinkContract<DeadLetter>(
      {.make_place = [] { return std::make_unique<FilePlace<DeadLetterFile, DeadLetter>>(); },
       .rows = std::move(letters),
       .text = [](const DeadLetter& letter) {
         std::string line;
         DeadLetterLine{}(letter, line);
         return line;
       }});
}

const bool file_sink =
    TestContract("FileSinkContract", FileSinkContract<Plain>());
const bool file_sink_of_long_rows =
    TestContract("FileSinkOfLongRowsContract", FileSinkContract<Long>());
const bool dead_letter_file =
    TestContract("DeadLetterFileContract", DeadLetterFileContract());

}  // namespace
}  // namespace rtstream::testing
