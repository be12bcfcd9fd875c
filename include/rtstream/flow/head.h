#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/flow/boundary.h"
#include "rtstream/flow/chain.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/flow/pipeline_body.h"
#include "rtstream/io/source.h"
#include "rtstream/op/side_output.h"

// What a flow begins with. Every head has
//   using Input;                      what the whole flow takes
//   using Output;                     what the head gives to the operators behind it
//   static constexpr bool kIsBranch;  whether the flow ends as a branch or as a pipeline
//   auto Finish(Chain) &&;            the pipeline or branch, from the chain that takes Output
namespace rtstream::internal {

// A source and the chain behind it.
template <typename T, typename Chain>
class FlowBody final : public PipelineBody {
 public:
  FlowBody(Source<T>* source, Chain chain)
      : source_(source), source_node_("source", {"source", TypeName<T>(), sizeof(T)}), chain_(std::move(chain)) {
    nodes_.push_back(&source_node_);
    chain_.Collect(nodes_);
  }

  SourceBase& source() override { return *source_; }
  const std::vector<Node*>& nodes() const override { return nodes_; }
  absl::StatusOr<PollResult> Poll(size_t max_rows) override {
    return source_->Poll(max_rows, batch_);
  }
  Frame& frame() override { return batch_.frame(); }
  const std::string& resume() const override { return batch_.resume; }
  uint64_t input_bytes() const override { return batch_.input_bytes; }
  absl::Status Process(Lane& lane) override {
    source_node_.counters().out.Add(batch_.size());
    source_node_.counters().bytes.Add(batch_.input_bytes);
    if (batch_.empty()) return absl::OkStatus();
    all_.SelectAll(batch_.size());
    return chain_.Process(lane, Rows<T>(batch_.rows().data(), batch_.frame(), all_));
  }

 private:
  class SourceNode final : public Node {
   public:
    using Node::Node;
  };

  Source<T>* source_;
  SourceNode source_node_;
  Chain chain_;
  std::vector<Node*> nodes_;
  Batch<T> batch_;
  Selection all_;
};

template <typename T>
struct SourceHead {
  using Input = T;
  using Output = T;
  static constexpr bool kIsBranch = false;

  template <typename Chain>
  Pipeline Finish(Chain chain) && {
    return Pipeline(std::make_unique<FlowBody<T, Chain>>(source, std::move(chain)));
  }

  Source<T>* source;
};

template <typename T>
struct BranchHead {
  using Input = T;
  using Output = T;
  static constexpr bool kIsBranch = true;

  template <typename Chain>
  Terminal<T, Chain> Finish(Chain chain) && {
    return {std::move(chain)};
  }
};

// A head and operators that a Boundary has cut off: what comes behind does not know their types.
template <typename Head, typename Out>
class CutHead {
 public:
  using Input = typename Head::Input;
  using Output = Out;
  static constexpr bool kIsBranch = Head::kIsBranch;

  template <typename List>
  CutHead(Head head, std::unique_ptr<List> ops)
      : head_(std::move(head)), front_(std::make_unique<ListFront<List>>(std::move(ops))) {}

  template <typename Chain>
  auto Finish(Chain chain) && {
    return std::move(head_).Finish(front_->Join(ErasedChain<Out>(std::move(chain))));
  }

 private:
  using In = typename Head::Output;

  struct Front {
    virtual ~Front() = default;
    virtual ErasedChain<In> Join(ErasedChain<Out> tail) = 0;
  };
  template <typename List>
  struct ListFront final : Front {
    explicit ListFront(std::unique_ptr<List> list) : ops(std::move(list)) {}
    ErasedChain<In> Join(ErasedChain<Out> tail) override {
      return ErasedChain<In>(MakeChain(*ops, std::move(tail)));
    }
    std::unique_ptr<List> ops;
  };

  Head head_;
  std::unique_ptr<Front> front_;
};

}  // namespace rtstream::internal
