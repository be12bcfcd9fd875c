#pragma once

#include <string_view>

namespace rtstream {

// What a message is about.
enum class LogLevel {
  kInfo,     // a run begins, pauses, ends
  kWarning,  // something failed and is tried again
  kError,    // the run ends because of it
};

// Where a runner tells the host what happens to it: seldom, never for a record. The library writes
// nowhere by itself.
//
//   class Spdlog final : public rt::Logger {
//    public:
//     void Log(rt::LogLevel level, std::string_view message) override { spdlog::log(To(level), message); }
//   };
//
// Called by the threads that run pipelines, which wait for it; it must not throw.
class Logger {
 public:
  virtual ~Logger() = default;
  // `message`: one line without its end, no payloads; valid during the call.
  virtual void Log(LogLevel level, std::string_view message) = 0;
};

}  // namespace rtstream
