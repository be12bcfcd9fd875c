#include "rtstream/flow/pipeline.h"

#include <utility>

#include "rtstream/flow/description.h"
#include "rtstream/flow/pipeline_body.h"

namespace rtstream {

Pipeline::Pipeline(std::unique_ptr<internal::PipelineBody> body) : body_(std::move(body)) {}
Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;

PipelineDescription Pipeline::Describe() const { return internal::DescribeNodes(body_->nodes()); }

}  // namespace rtstream
