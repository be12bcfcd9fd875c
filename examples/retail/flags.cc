#include "examples/retail/flags.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <string_view>

#include "examples/retail/exit_code.h"
#include "examples/retail/stock_file.h"
#include "rtstream/base/text.h"

namespace retail {
namespace {

// A check that stores what it has read.
template <typename V, typename Parse>
CLI::Validator Reads(V& target, Parse parse, std::string description) {
  return CLI::Validator(
      [&target, parse](std::string& text) -> std::string {
        auto value = parse(text);
        if (!value.ok()) return std::string(rt::MessageOf(value.status()));
        target = *value;
        return {};
      },
      std::move(description));
}

// Plain decimal digits: no sign, no other base.
template <typename I>
absl::StatusOr<I> ParseCount(std::string_view text, I most) {
  I count = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  if (parsed.ec != std::errc() || parsed.ptr != end || count < I{0} || count > most) {
    return absl::InvalidArgumentError(rt::Concat("want a number from 0 to ", most));
  }
  return count;
}
absl::StatusOr<int64_t> ParseStock(std::string_view text) {
  return ParseCount<int64_t>(text, InitialStock::kMost);
}
absl::StatusOr<uint64_t> ParseNumber(std::string_view text) {
  return ParseCount<uint64_t>(text, UINT64_MAX);
}

absl::StatusOr<uint32_t> ParseLanes(std::string_view text) {
  absl::StatusOr<uint32_t> lanes = ParseCount<uint32_t>(text, 64);
  if (!lanes.ok() || *lanes == 0) return absl::InvalidArgumentError("want a number from 1 to 64");
  return lanes;
}

absl::StatusOr<Price> ParsePrice(std::string_view text) {
  Price price;
  absl::Status status = rt::ParseDecimal(text, price);
  if (!status.ok()) return status;
  if (price.mantissa < 0) return absl::InvalidArgumentError("want a price of at least 0");
  return price;
}

absl::StatusOr<InputFormat> ParseFormat(std::string_view text) {
  if (text == "sale-json") return InputFormat::kSaleJson;
  if (text == "online-retail-csv") return InputFormat::kOnlineRetailCsv;
  return absl::InvalidArgumentError("want sale-json or online-retail-csv");
}

absl::StatusOr<bool> ParseReturns(std::string_view text) {
  if (text == "reject") return false;
  if (text == "restock") return true;
  return absl::InvalidArgumentError("want reject or restock");
}

absl::StatusOr<StoreKind> ParseStore(std::string_view text) {
  if (text == "log") return StoreKind::kLog;
  if (text == "rocksdb") return StoreKind::kRocksDb;
  return absl::InvalidArgumentError("want log or rocksdb");
}

absl::StatusOr<rt::Duration> ParseWindow(std::string_view text) {
  absl::StatusOr<rt::Duration> window = ParseDuration(text);
  if (window.ok() && *window < std::chrono::seconds(1)) {
    return absl::InvalidArgumentError("want at least 1s");
  }
  return window;
}

absl::StatusOr<rt::Duration> ParseInterval(std::string_view text) {
  absl::StatusOr<rt::Duration> interval = ParseDuration(text);
  if (interval.ok() && *interval < std::chrono::milliseconds(1)) {
    return absl::InvalidArgumentError("want at least 1ms");
  }
  return interval;
}

// CLI11 holds the text of options that are read by a check.
struct Texts {
  std::string format, initial_stock, max_price, returns, store, window, interval, lanes, events, seed, span;
};

void AddRun(CLI::App& app, RunFlags& run, Texts& texts) {
  CLI::App* sub = app.add_subcommand("run", "read sales, keep stock and aggregates, write facts");
  sub->add_option("--input", run.inputs, "file of events, or - for standard input; may be repeated, in order of event time")
      ->type_name("FILE")
      ->allow_extra_args(false);
  sub->add_option("--format", texts.format, "sale-json (default) or online-retail-csv")
      ->type_name("FORMAT")
      ->check(Reads(run.rules.format, ParseFormat, ""));
  sub->add_option("--state", run.state, "directory of the state, or :memory:")
      ->type_name("DIR")
      ->capture_default_str();
  sub->add_option("--state-store", texts.store, "what keeps the state: log or rocksdb; default: what made it, or log")
      ->type_name("STORE")
      ->check(Reads(run.store, ParseStore, ""));
  sub->add_option("--output", run.output, "directory of the output files, or :discard:")
      ->type_name("DIR")
      ->capture_default_str();
  sub->add_option("--master", run.master, "directory with stores.csv and products.csv")
      ->type_name("DIR");
  sub->add_option("--stock", run.stock, "CSV file of sku,storeId,quantity that items begin with")
      ->type_name("FILE");
  sub->add_option("--initial-stock", texts.initial_stock,
                  "units that other items begin with; default 100")
      ->type_name("UNITS")
      ->check(Reads(run.rules.initial_stock, ParseStock, ""));
  sub->add_option("--max-price", texts.max_price, "prices from here on are rejected; 0: no limit; default 10000")
      ->type_name("PRICE")
      ->check(Reads(run.rules.max_price, ParsePrice, ""));
  sub->add_option("--returns", texts.returns, "what a negative quantity means: reject (default) or restock")
      ->type_name("WHAT")
      ->check(Reads(run.rules.restocks_returns, ParseReturns, ""));
  sub->add_option("--dedup-window", texts.window, "how long an eventId is remembered, in event time; default 7d")
      ->type_name("TIME")
      ->check(Reads(run.rules.dedup_window, ParseWindow, ""));
  sub->add_flag("--follow", run.follow, "wait for more at the end, and follow rotated files");
  sub->add_option("--lanes", texts.lanes, "threads that work, 1 to 64; default 1")
      ->type_name("N")
      ->check(Reads(run.lanes, ParseLanes, ""));
  sub->add_option("--commit-interval", texts.interval, "how long work may wait to be committed; default 200ms")
      ->type_name("TIME")
      ->check(Reads(run.commit_interval, ParseInterval, ""));
}

void AddGenerate(CLI::App& app, GenerateFlags& generate, Texts& texts) {
  GenerateOptions& options = generate.options;
  CLI::App* sub = app.add_subcommand("generate", "write made-up sale events to standard output");
  sub->add_option("--events", texts.events, "how many lines")
      ->type_name("N")
      ->required()
      ->check(Reads(options.events, ParseNumber, ""));
  sub->add_option("--seed", texts.seed, "another seed, other events; default 1")
      ->type_name("N")
      ->check(Reads(options.seed, ParseNumber, ""));
  sub->add_option("--duplicates", options.duplicates, "share of lines that are copies")
      ->capture_default_str();
  sub->add_option("--invalid", options.invalid, "share of lines that are wrong")
      ->capture_default_str();
  sub->add_option("--late", options.late, "share of events that are up to 1 h late")
      ->capture_default_str();
  sub->add_option("--span", texts.span, "stretch of event time; default 24h")
      ->type_name("TIME")
      ->check(Reads(options.span, ParseDuration, ""));
  sub->add_option("--master", generate.master, "also write stores.csv and products.csv into DIR")
      ->type_name("DIR");
}

void AddQuery(CLI::App& app, QueryFlags& query) {
  CLI::App* sub = app.add_subcommand("query", "print committed state as NDJSON, also during a run");
  sub->add_option("--state", query.state, "directory of the state")
      ->type_name("DIR")
      ->capture_default_str();
  sub->add_option("what", query.what, "inventory, daily-sales, store-hour or summary")
      ->required()
      ->check(CLI::IsMember({"inventory", "daily-sales", "store-hour", "summary"}));
  sub->add_option("--sku", query.sku, "only this product");
  sub->add_option("--store", query.store, "only this store");
}

void AddCheck(CLI::App& app, CheckFlags& check) {
  CLI::App* sub = app.add_subcommand("check", "recompute the state from the output files and compare");
  sub->add_option("--state", check.state, "directory of the state")
      ->type_name("DIR")
      ->capture_default_str();
  sub->add_option("--output", check.output, "directory of the output files")
      ->type_name("DIR")
      ->capture_default_str();
}

}  // namespace

absl::StatusOr<rt::Duration> ParseDuration(std::string_view text) {
  static const std::map<std::string_view, rt::Duration> kUnits = {
      {"ms", std::chrono::milliseconds(1)}, {"s", std::chrono::seconds(1)},
      {"m", std::chrono::minutes(1)},       {"h", std::chrono::hours(1)},
      {"d", std::chrono::hours(24)}};
  int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  const auto unit = kUnits.find({parsed.ptr, static_cast<size_t>(end - parsed.ptr)});
  int64_t us = 0;
  if (parsed.ec != std::errc() || count < 0 || unit == kUnits.end() ||
      __builtin_mul_overflow(count, unit->second.count(), &us)) {
    return absl::InvalidArgumentError("want a time as 200ms, 5s, 10m, 24h or 7d");
  }
  return rt::Duration(us);
}

std::optional<Command> ParseCommand(int argc, char** argv, int& exit_code) {
  Command command;
  Texts texts;
  CLI::App app("Real-time retail: stock, sales and facts from a stream of sale events.", "retail");
  app.require_subcommand(1);
  AddRun(app, command.run, texts);
  AddGenerate(app, command.generate, texts);
  AddQuery(app, command.query);
  AddCheck(app, command.check);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? kExitDone : kExitUsage;
    return std::nullopt;
  }
  const std::string name = app.get_subcommands().front()->get_name();
  command.kind = name == "run"        ? Command::Kind::kRun
                 : name == "generate" ? Command::Kind::kGenerate
                 : name == "query"    ? Command::Kind::kQuery
                                      : Command::Kind::kCheck;
  return command;
}

}  // namespace retail
