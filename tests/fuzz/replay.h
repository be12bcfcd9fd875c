#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {

// A main for fuzz targets that no fuzzer drives:
//
//   target [--random N] FILE|DIRECTORY...
//
// Runs every line of the files, then N random changes of them (RTSTREAM_SEED repeats a run).
inline int Replay(int argc, char** argv, const std::function<void(std::string_view)>& run,
                  const std::function<std::string(testing::Random&, const std::string&)>& change) {
  uint64_t changes = 0;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path(argv[i]);
    if (path == "--random" && i + 1 < argc) {
      changes = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
    } else {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> texts;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      std::cerr << "cannot read " << file << "\n";
      return 2;
    }
    for (std::string line; std::getline(in, line);) texts.push_back(line);
  }
  for (const std::string& text : texts) run(text);
  std::cout << texts.size() << " texts agree\n";
  if (changes == 0 || texts.empty()) return 0;
  testing::Random random(TestSeed());
  for (uint64_t i = 0; i < changes; ++i) run(change(random, texts[random.Below(texts.size())]));
  std::cout << changes << " changed texts agree\n";
  return 0;
}

}  // namespace rtstream
