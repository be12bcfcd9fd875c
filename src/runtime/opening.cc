#include "rtstream/runtime/opening.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "rtstream/base/text.h"

namespace rtstream {
namespace {

constexpr size_t kLongestName = 64;

bool IsName(const std::string& name) {
  if (name.empty() || name.size() > kLongestName) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

absl::Status CheckNames(const std::vector<Node*>& nodes) {
  std::map<std::string, const Node*> seen;
  for (const Node* node : nodes) {
    if (!IsName(node->name())) {
      return absl::InvalidArgumentError(
          Concat("operator name of ", node->name().size(),
                       " characters: want 1 to 64 letters, digits, '_', '-' or '.'"));
    }
    auto [it, is_new] = seen.emplace(node->name(), node);
    // One sink may end several branches.
    const bool is_same_sink = node->sink() != nullptr && it->second->sink() == node->sink();
    if (!is_new && !is_same_sink) {
      return absl::InvalidArgumentError(
          Concat("two operators are named '", node->name(), "'"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSettings(const CommitRecord& last,
                           const std::map<std::string, std::string>& settings) {
  for (const auto& [key, value] : settings) {
    auto it = last.settings.find(key);
    const std::string made_with = it == last.settings.end() ? "not set" : it->second;
    if (made_with != value) {
      return absl::FailedPreconditionError(Concat("the state was made with ", key, " ",
                                                        made_with, ", this run has ", value));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOperators(const CommitRecord& last, const std::vector<Node*>& nodes) {
  for (const std::string& name : last.stateful) {
    const bool is_there = std::any_of(nodes.begin(), nodes.end(), [&](const Node* node) {
      return node->has_state() && node->name() == name;
    });
    if (!is_there) {
      return absl::FailedPreconditionError(Concat(
          "operator '", name, "' has stored state but is not in this pipeline: was it renamed?"));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> StatefulOperators(const std::vector<Node*>& nodes) {
  std::vector<std::string> names;
  for (const Node* node : nodes) {
    if (node->has_state()) names.push_back(node->name());
  }
  return names;
}

void SaveCounters(const std::vector<Node*>& nodes, CommitRecord& record) {
  record.operators.clear();
  for (const Node* node : nodes) {
    const OperatorStats stats = node->stats();
    OperatorStats& sum = record.operators[node->name()];
    sum.name = stats.name;
    sum.in += stats.in;
    sum.out += stats.out;
    sum.refused += stats.refused;
    sum.side += stats.side;
    sum.bytes += stats.bytes;
    sum.keys += stats.keys;
  }
}

void RestoreCounters(const CommitRecord& record, Node& node) {
  auto it = record.operators.find(node.name());
  if (it == record.operators.end()) return;
  OperatorCounters& counters = node.counters();
  counters.in.Set(it->second.in);
  counters.out.Set(it->second.out);
  counters.refused.Set(it->second.refused);
  counters.side.Set(it->second.side);
  counters.bytes.Set(it->second.bytes);
  counters.keys.Set(it->second.keys);
}

}  // namespace rtstream
