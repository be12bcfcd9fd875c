#pragma once

#include <string>

#include "rtstream/connectors/file_sink.h"
#include "rtstream/core/dead_letter.h"

namespace rtstream {

// A dead letter as a JSON object: {"operator","code","message","partition","position","length","bytes"}.
// `code` is the name of the status code, such as INVALID_ARGUMENT; `length` the record's; `bytes` its
// first DeadLetter::kMaxBytes bytes in base64. Characters that are no UTF-8 in a text become '?'.
struct DeadLetterLine {
  // Appends the object, without a line's end.
  void operator()(const DeadLetter& letter, std::string& out) const;
};

// Keeps refused records in a file, one a line, exactly once:
//   rt::DeadLetterFile letters("dead_letters", "/data/out/dead_letters.ndjson");
//   rt::Runner runner(std::move(pipeline), store, {.dead_letters = &letters});
using DeadLetterFile = FileSink<DeadLetter, DeadLetterLine>;

}  // namespace rtstream
