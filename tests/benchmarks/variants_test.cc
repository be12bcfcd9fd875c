#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "benchmarks/all_variants.h"
#include "rtstream/testing/matchers.h"

namespace bench {
namespace {

constexpr uint64_t kRecords = 20'000;

// What the variant finds.
Outcome Find(const VariantEntry& entry, const RunSettings& settings) {
  const std::unique_ptr<Variant> variant = entry.make(settings);
  EXPECT_TRUE(variant->Run().ok()) << entry.name;
  absl::StatusOr<Outcome> outcome = variant->Finish();
  EXPECT_TRUE(outcome.ok()) << entry.name << ": " << outcome.status();
  return outcome.ok() ? *outcome : Outcome{};
}

uint64_t ValueOf(const Outcome& outcome, std::string_view name) {
  for (const Figure& figure : outcome) {
    if (figure.name == name) return figure.value;
  }
  ADD_FAILURE() << "no figure " << name;
  return 0;
}

void ExpectAgreement(const std::vector<VariantEntry>& variants) {
  for (const bool is_verifying : {true, false}) {
    for (const int lanes : {1, 2}) {
      const RunSettings settings{.is_verifying = is_verifying, .lanes = lanes};
      const Outcome expected = Find(variants.front(), settings);
      for (const VariantEntry& entry : variants) {
        const Outcome found = Find(entry, settings);
        ASSERT_EQ(found.size(), expected.size()) << entry.name;
        for (size_t i = 0; i < found.size(); ++i) {
          if (!is_verifying && found[i].value == kNotCounted) continue;
          EXPECT_EQ(found[i].value, expected[i].value)
              << found[i].name << " of " << entry.name << " and " << variants.front().name;
        }
      }
    }
  }
}

TEST(Variants, AllOfW1FindTheSame) {
  absl::StatusOr<W1Input> input = MakeW1Input(kRecords, "");
  ASSERT_TRUE(input.ok()) << input.status();
  ExpectAgreement(W1Variants(*input));
}

// All stores sell the same item until it is gone.
TEST(Variants, AllOfW1RefuseTheSameSales) {
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    char id[64];
    std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", i % 2500);
    lines += std::string(R"({"eventId":")") + id +
             R"(","retailerId":"r","storeId":"a store nobody knows","sku":"an SKU nobody knows","quantity":)" +
             std::to_string(1 + i % 7) +
             R"(,"price":1e1,"currency":"EUR","timestamp":"2025-11-28T23:59:59.9999+00:30","source":"",)" +
             R"("schemaVersion":65535})" "\n";
  }
  const W1Input input{Lines::Copy(lines), {}, {}};
  const std::vector<VariantEntry> variants = W1Variants(input);
  ExpectAgreement(variants);
  const Outcome outcome = Find(variants.front(), {.is_verifying = true});
  EXPECT_EQ(ValueOf(outcome, "rejected"), 0u);
  EXPECT_EQ(ValueOf(outcome, "duplicates"), 500u);
  EXPECT_EQ(ValueOf(outcome, "stock_keys"), 1u);
  EXPECT_GT(ValueOf(outcome, "refused"), 2000u);
}

TEST(Variants, AllOfW2FindTheSame) {
  Records<Tick> ticks = MakeTicks(kRecords);
  // Windows of all sizes, a gap, and the key 0.
  for (size_t i = 0; i < ticks.size(); ++i) ticks[i].time_us += i * i / 20;
  for (size_t i = 0; i < ticks.size(); i += 77) ticks[i].key = 0;
  ticks[ticks.size() - 1].time_us += 10 * kW2Window;
  ExpectAgreement(W2Variants(ticks));
  EXPECT_GT(ValueOf(Find(W2Variants(ticks).front(), {.is_verifying = true}), "results"), 10'000u);
}

TEST(Variants, AllOfW3FindTheSame) {
  const W3Input input = MakeW3Input(kRecords);
  ExpectAgreement(W3Variants(input));
  EXPECT_EQ(ValueOf(Find(W3Variants(input).front(), {.is_verifying = true}), "results"), kCampaigns);
}

}  // namespace
}  // namespace bench
