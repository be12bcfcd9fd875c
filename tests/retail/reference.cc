// The judge of `retail run`: the same inputs and flags, and a directory for what it finds right.
//
//   retail_reference --out DIR --now MICROS --input FILE... [--format F] [--initial-stock N]
//   [--stock FILE]
//                    [--max-price P] [--returns reject|restock] [--dedup-window-s N] [--master DIR]
//
// Writes inventory, daily-sales, store-hour, summary (as `retail query` prints them), facts,
// failed, hot, cold and dead_letters (the last without operator and message), each .ndjson. Inputs
// are read one after the other. Lines end with LF or CR LF; lines with nothing else are no records.

#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/retail/reference_shop.h"

namespace reference {
namespace {

struct Options {
  std::vector<std::string> inputs;
  std::string out;
  bool is_csv = false;
  ShopFlags shop;
};

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << "retail_reference: " << what << "\n";
  std::exit(2);
}

// Two columns to a map, three to a map of pairs: the tables are small, their fields unquoted.
std::vector<std::vector<std::string>> ReadTable(const std::string& path,
                                                const std::string& header) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line) || line != header) Fail(path + ": want the header " + header);
  std::vector<std::vector<std::string>> rows;
  while (std::getline(in, line)) {
    const auto fields = ParseCsvLine(line);
    if (!fields) Fail(path + ": cannot be read as CSV");
    rows.push_back(*fields);
  }
  return rows;
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  ShopFlags& shop = options.shop;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i], value = argv[i + 1];
    if (flag == "--input") {
      options.inputs.push_back(value);
    } else if (flag == "--out") {
      options.out = value;
    } else if (flag == "--now") {
      shop.rules.now = std::stoll(value);
    } else if (flag == "--format") {
      options.is_csv = value == "online-retail-csv";
    } else if (flag == "--initial-stock") {
      shop.initial_stock = std::stoll(value);
    } else if (flag == "--stock") {
      for (const auto& row : ReadTable(value, "sku,storeId,quantity")) {
        shop.stock[{row.at(0), row.at(1)}] = std::stoll(row.at(2));
      }
    } else if (flag == "--max-price") {
      const auto money = ParseMoney(value);
      if (!money) Fail("--max-price: want a number, got " + value);
      shop.rules.max_price = *money;
    } else if (flag == "--returns") {
      shop.rules.accepts_returns = value == "restock";
    } else if (flag == "--dedup-window-s") {
      shop.dedup_window = std::stoll(value) * 1'000'000;
    } else if (flag == "--master") {
      shop.has_master = true;
      for (const auto& row : ReadTable(value + "/stores.csv", "storeId,region")) {
        shop.regions[row.at(0)] = row.at(1);
      }
      for (const auto& row : ReadTable(value + "/products.csv", "sku,category")) {
        shop.categories[row.at(0)] = row.at(1);
      }
    } else {
      Fail("unknown flag " + flag);
    }
  }
  if (options.out.empty()) Fail("want --out");
  return options;
}

void ReadInput(const std::string& path, bool is_csv, Shop& shop) {
  std::ifstream in(path, std::ios::binary);
  if (!in) Fail("cannot read " + path);
  Place place{.partition = std::filesystem::path(path).filename()};
  std::string line;
  uint64_t next = 0;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    place.position = next;
    next += line.size() + 1;
    if (line.ends_with('\r')) line.pop_back();
    if (is_csv && number == 1) {
      if (line != kCsvHeader) Fail(path + ": another header");
      continue;
    }
    if (line.empty()) continue;
    std::optional<Sale> sale;
    if (line.size() <= kMaxRecord) {
      sale = is_csv ? ParseCsvSale(line, number - 1) : ParseJsonSale(line);
    }
    shop.Take(sale, line, place);
  }
}

void Run(const Options& options) {
  const auto open = [&](const char* name) {
    return std::ofstream(options.out + "/" + name + ".ndjson", std::ios::binary);
  };
  std::ofstream facts = open("facts"), failed = open("failed"), hot = open("hot"),
                cold = open("cold"), dead_letters = open("dead_letters");
  Shop shop(options.shop, {facts, failed, hot, cold, dead_letters});
  for (const std::string& input : options.inputs) ReadInput(input, options.is_csv, shop);
  std::ofstream inventory = open("inventory"), daily = open("daily-sales"),
                hours = open("store-hour"), summary = open("summary");
  shop.PrintInventory(inventory);
  shop.PrintDailySales(daily);
  shop.PrintStoreHours(hours);
  shop.PrintSummary(summary);
}

}  // namespace
}  // namespace reference

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  reference::Run(reference::ParseOptions(argc, argv));
  return 0;
}
