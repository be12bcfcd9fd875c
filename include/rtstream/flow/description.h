#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "rtstream/io/sink.h"
#include "rtstream/op/node.h"

namespace rtstream {

// One operator of a described pipeline, its source or a sink.
struct OperatorDescription {
  std::string name;     // as Runner::Stats() has it
  std::string kind;     // "source", "sink", or the function that makes it: "Dedup"
  std::string options;  // such as "window 24 h"
  std::string emits;    // the type of the records that it passes on, short; empty: none
  size_t row_bytes = 0;  // of one of these
  bool has_state = false;  // so that its name must stay
  bool is_discarded = false;          // what it passes on goes nowhere
  std::optional<SinkKind> delivery;   // of a sink
  std::optional<size_t> upstream;     // where its records come from, an index; none: the source
  std::string way;  // "duplicates", "late", "true" ...: out of a side output or branch; empty: straight on
  size_t depth = 0;                   // in how many branches it is
};

// What a pipeline is made of, upstream first; a branch comes before what follows where it leaves. A sink
// that ends several branches comes once for each.
//
//   std::puts(pipeline.Describe().Text().c_str());
struct PipelineDescription {
  std::vector<OperatorDescription> operators;  // in the order of Runner::Stats()

  // A table: a line an operator, branches indented.
  std::string Text() const;
  // A flowchart, for Markdown that shows Mermaid. Operators with state are cylinders.
  std::string Mermaid() const;
  // The same for Graphviz: `dot -Tsvg`.
  std::string Graphviz() const;
};

// What Runner::Stats() gave, as a table: a line an operator. `busy` is in milliseconds; operators that
// share a loop have theirs together, at the first.
std::string StatsTable(const std::vector<OperatorStats>& stats);

namespace internal {
// `nodes`: as PipelineBody gives them.
PipelineDescription DescribeNodes(const std::vector<Node*>& nodes);
}  // namespace internal
}  // namespace rtstream
