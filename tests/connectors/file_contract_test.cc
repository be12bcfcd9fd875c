// The file connectors keep the contracts of plug-ins.
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "rtstream/connectors/file_source.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/source_contract.h"
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

INSTANTIATE_TEST_SUITE_P(FileSource, PluginContract, ::testing::ValuesIn(FileSourceContract({})), RuleName);
INSTANTIATE_TEST_SUITE_P(FileSourceInSmallReads, PluginContract,
                         ::testing::ValuesIn(FileSourceContract({.max_record = 64, .chunk_bytes = 4})), RuleName);
INSTANTIATE_TEST_SUITE_P(FollowingFileSource, PluginContract,
                         ::testing::ValuesIn(FileSourceContract({.follow = true})), RuleName);

}  // namespace
}  // namespace rtstream::testing
