#include "rtstream/flow/description.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "rtstream/base/text.h"
#include "text_table.h"

namespace rtstream {
namespace {

std::string DeliveryName(SinkKind kind) {
  switch (kind) {
    case SinkKind::kPlain:
      return "at least once";
    case SinkKind::kStaged:
      return "exactly once, staged";
    case SinkKind::kOutbox:
      return "exactly once, outbox";
  }
  return "unknown";
}

// What is to say of an operator beside its name, kind and records.
std::string NotesOf(const OperatorDescription& op) {
  std::string notes;
  const auto add = [&notes](std::string_view note) {
    if (note.empty()) return;
    if (!notes.empty()) notes += "; ";
    notes += note;
  };
  if (op.has_state) add("state");
  add(op.options);
  if (op.delivery) add(DeliveryName(*op.delivery));
  if (op.is_discarded) add("results discarded");
  return notes;
}

// Names are checked only when a pipeline is opened. `quote` stands for a quotation mark.
std::string Quoted(std::string_view text, std::string_view quote) {
  std::string out;
  for (const char c : text) {
    if (c == '"') {
      out += quote;
    } else if (c != '\\') {
      out += c;
    }
  }
  return out;
}

// A sink that ends several branches is one box.
size_t BoxOf(const std::vector<OperatorDescription>& operators, size_t i) {
  for (size_t k = 0; operators[i].delivery && k < i; ++k) {
    if (operators[k].delivery && operators[k].name == operators[i].name) return k;
  }
  return i;
}

std::string EdgeLabel(const std::vector<OperatorDescription>& operators, size_t i) {
  const OperatorDescription& from = operators[*operators[i].upstream];
  const std::string& way = operators[i].way;
  return Concat(way, way.empty() ? "" : ": ", from.emits, ", ", from.row_bytes, " B");
}

}  // namespace

std::string PipelineDescription::Text() const {
  TextTable table({{"operator"}, {"kind"}, {"emits"}, {"bytes", TextTable::Align::kRight}, {"notes"}});
  for (const OperatorDescription& op : operators) {
    std::string name(2 * op.depth, ' ');
    if (!op.way.empty()) name += Concat(op.way, ": ");
    table.AddRow({name + op.name, op.kind, op.emits, op.emits.empty() ? "" : Concat(op.row_bytes),
                  NotesOf(op)});
  }
  return table.ToString();
}

std::string PipelineDescription::Mermaid() const {
  std::string out = "flowchart TD\n";
  for (size_t i = 0; i < operators.size(); ++i) {
    const OperatorDescription& op = operators[i];
    if (BoxOf(operators, i) != i) continue;
    const std::string notes = NotesOf(op);
    const std::string label = Quoted(
        Concat(op.name, "<br/>", op.kind, notes.empty() ? "" : "<br/>", notes), "#quot;");
    const bool is_end = !op.upstream || op.delivery;
    const std::string_view open = op.has_state ? "[(\"" : is_end ? "([\"" : "[\"";
    const std::string_view close = op.has_state ? "\")]" : is_end ? "\"])" : "\"]";
    out += Concat("  n", i, open, label, close, "\n");
  }
  for (size_t i = 0; i < operators.size(); ++i) {
    if (!operators[i].upstream) continue;
    out += Concat("  n", *operators[i].upstream, " -->|\"", Quoted(EdgeLabel(operators, i), "#quot;"),
                  "\"| n", BoxOf(operators, i), "\n");
  }
  return out;
}

std::string PipelineDescription::Graphviz() const {
  std::string out = "digraph pipeline {\n  node [shape=box];\n";
  for (size_t i = 0; i < operators.size(); ++i) {
    const OperatorDescription& op = operators[i];
    if (BoxOf(operators, i) != i) continue;
    const std::string notes = NotesOf(op);
    const std::string_view shape = op.has_state                    ? ", shape=cylinder"
                                   : !op.upstream || op.delivery ? ", shape=oval"
                                                                   : "";
    out += Concat("  n", i, " [label=\"", Quoted(op.name, "\\\""), "\\n", op.kind,
                  notes.empty() ? "" : "\\n", notes, "\"", shape, "];\n");
  }
  for (size_t i = 0; i < operators.size(); ++i) {
    if (!operators[i].upstream) continue;
    out += Concat("  n", *operators[i].upstream, " -> n", BoxOf(operators, i), " [label=\"",
                  Quoted(EdgeLabel(operators, i), "\\\""), "\"];\n");
  }
  return out + "}\n";
}

std::string StatsTable(const std::vector<OperatorStats>& stats) {
  constexpr auto kRight = TextTable::Align::kRight;
  // Seldom there are any, and then they matter.
  const bool has_ahead = std::any_of(stats.begin(), stats.end(), [](const OperatorStats& s) { return s.ahead != 0; });
  std::vector<TextTable::Column> columns{{"operator"},
                                         {"in", kRight},
                                         {"out", kRight},
                                         {"refused", kRight},
                                         {"side", kRight},
                                         {"bytes", kRight},
                                         {"keys", kRight},
                                         {"state bytes", kRight},
                                         {"busy ms", kRight}};
  if (has_ahead) columns.push_back({"ahead", kRight});
  TextTable table(std::move(columns));
  for (const OperatorStats& s : stats) {
    std::vector<std::string> row{s.name,       Concat(s.in),    Concat(s.out),
                                 Concat(s.refused), Concat(s.side), Concat(s.bytes),
                                 Concat(s.keys),    Concat(s.state_bytes), Concat(s.busy_us / 1000)};
    if (has_ahead) row.push_back(Concat(s.ahead));
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

namespace internal {

PipelineDescription DescribeNodes(const std::vector<Node*>& nodes) {
  PipelineDescription description;
  std::vector<OperatorDescription>& all = description.operators;
  std::vector<size_t> last_at_depth;  // of each branch that is open: its last operator so far
  for (const Node* node : nodes) {
    OperatorDescription op;
    op.name = node->name();
    op.kind = std::string(node->facts().kind);
    op.options = node->facts().options;
    op.emits = std::string(node->facts().emits);
    op.row_bytes = node->facts().row_bytes;
    op.has_state = node->has_state();
    op.depth = node->depth();
    if (node->sink() != nullptr) op.delivery = node->sink()->kind();
    if (!all.empty()) {
      const bool is_first = node->way() != nullptr;
      op.upstream = last_at_depth[op.depth - (is_first ? 1 : 0)];
      if (is_first) op.way = *node->way();
    }
    last_at_depth.resize(op.depth);
    last_at_depth.push_back(all.size());
    all.push_back(std::move(op));
  }
  // Where nothing goes straight on, and nothing is routed, a flow ends.
  for (OperatorDescription& op : all) op.is_discarded = !op.delivery && op.kind != "Route";
  for (const OperatorDescription& op : all) {
    if (op.upstream && op.way.empty()) all[*op.upstream].is_discarded = false;
  }
  return description;
}

}  // namespace internal
}  // namespace rtstream
