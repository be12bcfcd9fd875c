// Reads a text by ReadJson and by JsonReader, as several record types, and aborts if they differ.
//
//   json_differential [--random N] tests/fuzz/json
//
// With libFuzzer: clang++ -std=c++20 -fsanitize=fuzzer,address -DRTSTREAM_LIBFUZZER ...

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/core/everything.h"
#include "tests/core/json_agreement.h"
#include "tests/core/json_mutation.h"
#include "tests/fuzz/replay.h"

namespace {

template <typename T>
void Check(std::string_view text) {
  static rtstream::JsonAgreement<T> agreement;
  const std::string difference = agreement.Difference(text, text.empty() ? "}" : text);
  if (difference.empty()) return;
  std::fprintf(stderr, "the readers differ (%s) on:\n%.*s\n", difference.c_str(),
               static_cast<int>(text.size()), text.data());
  std::abort();
}

void Run(std::string_view text) {
  Check<rtstream::Everything>(text);
  Check<rtstream::SaleEvent>(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Run({reinterpret_cast<const char*>(data), size});
  return 0;
}

#if !defined(RTSTREAM_LIBFUZZER)
int main(int argc, char** argv) { return rtstream::Replay(argc, argv, &Run, &rtstream::Mutated); }
#endif
