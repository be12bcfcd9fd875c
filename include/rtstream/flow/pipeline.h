#pragma once

#include <memory>

namespace rtstream {
namespace internal {
class PipelineBody;
}  // namespace internal
struct PipelineDescription;

// A composed flow, ready to run: what MakePipeline functions return. Names no operator type, so that
// callers compile none. Give it to a Runner, or to a testing::PipelineDriver.
//
//   rt::Pipeline MakePipeline(const Deps& deps);   // in the header
//   rt::Pipeline MakePipeline(const Deps& deps) {  // in the .cc
//     return rt::From(deps.events) | rt::ParseJson<Sale>("parse") | ... | rt::To(deps.sales);
//   }
//
// Refers to its sources, sinks and tables, which must outlive it. Movable.
class [[nodiscard]] Pipeline {
 public:
  // For the operators that end a flow.
  explicit Pipeline(std::unique_ptr<internal::PipelineBody> body);
  ~Pipeline();
  Pipeline(Pipeline&&) noexcept;  // what is left can only be destroyed or assigned to
  Pipeline& operator=(Pipeline&&) noexcept;

  // Its operators, their state, the size of what they pass on, and the delivery of each sink: as values, as
  // text, or as a drawing. Include rtstream/flow/description.h.
  PipelineDescription Describe() const;

  // For the runtime.
  internal::PipelineBody& body() { return *body_; }

 private:
  std::unique_ptr<internal::PipelineBody> body_;
};

}  // namespace rtstream
