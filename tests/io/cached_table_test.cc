#include "rtstream/io/cached_table.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/testing/manual_clock.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::ManualClock;
using testing::Random;
using testing::StatusIs;

// A remote table: answers are gone with the next call; fails when it is told to.
class SlowTable final : public LookupTable<std::string> {
 public:
  absl::Status Lookup(absl::Span<const std::string_view> keys,
                      absl::Span<const std::string*> found) override {
    asked.emplace_back(keys.begin(), keys.end());
    answers_.clear();
    answers_.reserve(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      auto it = content.find(std::string(keys[i]));
      if (it == content.end()) continue;
      answers_.push_back(std::make_unique<std::string>(it->second));
      found[i] = answers_.back().get();
    }
    return failure;
  }

  std::map<std::string, std::string> content;
  absl::Status failure;
  std::vector<std::vector<std::string>> asked;

 private:
  std::vector<std::unique_ptr<std::string>> answers_;
};

class CachedTableTest : public ::testing::Test {
 protected:
  using Answers = std::vector<std::string>;

  void Make(const CachedTableOptions& options) {
    table = std::make_unique<CachedTable<std::string>>(slow, clock, options);
  }
  absl::StatusOr<Answers> Lookup(const std::vector<std::string_view>& keys) {
    found.assign(keys.size(), nullptr);
    RTSTREAM_RETURN_IF_ERROR(table->Lookup(keys, absl::MakeSpan(found)));
    return Shown();
  }
  // What the last call gave out, as it is now.
  Answers Shown() const {
    Answers answers;
    for (const std::string* value : found) answers.push_back(value == nullptr ? "-" : *value);
    return answers;
  }

  ManualClock clock;
  SlowTable slow;
  std::unique_ptr<CachedTable<std::string>> table =
      std::make_unique<CachedTable<std::string>>(slow, clock);
  std::vector<const std::string*> found;
};

TEST_F(CachedTableTest, AsksOnceABatchForEachMissingKeyOnce) {
  slow.content = {{"a", "1"}, {"b", "2"}};
  EXPECT_THAT(*Lookup({"a", "b", "a", "c", "c"}), ElementsAre("1", "2", "1", "-", "-"));
  EXPECT_THAT(*Lookup({"a", "c", "d"}), ElementsAre("1", "-", "-"));
  EXPECT_THAT(slow.asked, ElementsAre(ElementsAre("a", "b", "c"), ElementsAre("d")));
}

TEST_F(CachedTableTest, DoesNotAskWhenEveryAnswerIsFresh) {
  slow.content = {{"a", "1"}};
  EXPECT_THAT(Lookup({"a"}), IsOk());
  EXPECT_THAT(Lookup({"a", "a"}), IsOk());
  EXPECT_THAT(Lookup({}), IsOk());
  EXPECT_EQ(slow.asked.size(), 1u);
}

TEST_F(CachedTableTest, CountsHitsAndMisses) {
  EXPECT_THAT(Lookup({"a", "a", "b"}), IsOk());
  EXPECT_THAT(Lookup({"a", "b", "b", "c"}), IsOk());
  EXPECT_EQ(table->hits(), 3u);
  EXPECT_EQ(table->misses(), 3u);
  EXPECT_EQ(table->stale(), 0u);
}

TEST_F(CachedTableTest, ValueIsUsedForItsTimeAndNoLonger) {
  Make({.ttl = Duration(100)});
  slow.content = {{"a", "1"}};
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("1"));
  slow.content = {{"a", "2"}};
  clock.Advance(Duration(99));
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("1"));
  clock.Advance(Duration(1));
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("2"));
}

TEST_F(CachedTableTest, UnknownKeyIsRememberedForATimeOfItsOwn) {
  Make({.ttl = Duration(100), .missing_ttl = Duration(10)});
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("-"));
  slow.content = {{"a", "1"}};
  clock.Advance(Duration(9));
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("-"));
  clock.Advance(Duration(1));
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("1"));
}

TEST_F(CachedTableTest, KeyThatIsGoneFromTheSlowTableIsForgotten) {
  Make({.ttl = Duration(100)});
  slow.content = {{"a", "1"}};
  EXPECT_THAT(Lookup({"a"}), IsOk());
  slow.content.clear();
  clock.Advance(Duration(100));
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("-"));
}

TEST_F(CachedTableTest, ValuesStayUntilTheNextCallAlsoWithoutRoomForThem) {
  Make({.max_entries = 1});
  slow.content = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  EXPECT_THAT(Lookup({"a", "b", "c"}), IsOk());
  EXPECT_THAT(Shown(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(table->size(), 3u);
  EXPECT_THAT(Lookup({}), IsOk());
  EXPECT_EQ(table->size(), 1u);
}

TEST_F(CachedTableTest, AnswersThatAreUsedStayOthersGo) {
  Make({.max_entries = 2});
  EXPECT_THAT(Lookup({"used", "once"}), IsOk());
  for (const char* other : {"c", "d", "e", "f"}) {
    EXPECT_THAT(Lookup({"used", other}), IsOk());
    EXPECT_THAT(Lookup({"used"}), IsOk());
  }
  EXPECT_THAT(slow.asked, ElementsAre(ElementsAre("used", "once"), ElementsAre("c"),
                                      ElementsAre("d"), ElementsAre("e"), ElementsAre("f")));
}

TEST_F(CachedTableTest, NoRoomAtAllStillAnswers) {
  Make({.max_entries = 0});
  slow.content = {{"a", "1"}};
  EXPECT_THAT(*Lookup({"a", "a"}), ElementsAre("1", "1"));
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("1"));
  EXPECT_EQ(slow.asked.size(), 2u);
}

TEST_F(CachedTableTest, FailureIsReturnedAndNothingOfItIsCached) {
  slow.content = {{"a", "1"}, {"b", "2"}};
  EXPECT_THAT(Lookup({"a"}), IsOk());
  slow.failure = absl::UnavailableError("no connection");
  EXPECT_THAT(Lookup({"a", "b"}).status(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Shown(), ElementsAre("-", "-"));
  slow.failure = absl::OkStatus();
  EXPECT_THAT(*Lookup({"a", "b"}), ElementsAre("1", "2"));
  EXPECT_THAT(slow.asked.back(), ElementsAre("b"));
}

TEST_F(CachedTableTest, FreshAnswersNeedNoSlowTable) {
  slow.content = {{"a", "1"}};
  EXPECT_THAT(Lookup({"a"}), IsOk());
  slow.failure = absl::UnavailableError("no connection");
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("1"));
}

class StaleCachedTable : public CachedTableTest {
 protected:
  StaleCachedTable() {
    Make({.ttl = Duration(100), .missing_ttl = Duration(100), .max_stale = Duration(50)});
    slow.content = {{"a", "1"}};
    EXPECT_THAT(Lookup({"a", "unknown"}), IsOk());
    slow.failure = absl::UnavailableError("no connection");
  }
};

TEST_F(StaleCachedTable, OldAnswersAreUsedWhileTheSlowTableFails) {
  clock.Advance(Duration(149));
  EXPECT_THAT(*Lookup({"a", "unknown", "a"}), ElementsAre("1", "-", "1"));
  EXPECT_EQ(table->stale(), 3u);
}

TEST_F(StaleCachedTable, TooOldAnswersAreNot) {
  clock.Advance(Duration(150));
  EXPECT_THAT(Lookup({"a"}).status(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(StaleCachedTable, OneKeyWithoutAnyAnswerFailsTheCall) {
  clock.Advance(Duration(120));
  EXPECT_THAT(Lookup({"a", "new"}).status(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Shown(), ElementsAre("-", "-"));
}

TEST_F(StaleCachedTable, SlowTableIsAskedAgainByTheNextCall) {
  clock.Advance(Duration(120));
  EXPECT_THAT(Lookup({"a"}), IsOk());
  slow.failure = absl::OkStatus();
  slow.content = {{"a", "2"}};
  EXPECT_THAT(*Lookup({"a"}), ElementsAre("2"));
}

TEST_F(CachedTableTest, AnswersAreNeverOlderThanTheirTimeUnderRandomUse) {
  Random random(TestSeed());
  Make({.ttl = Duration(50), .missing_ttl = Duration(20), .max_entries = 10});
  int64_t now = 0;
  for (int i = 0; i < 5'000; ++i) {
    const auto step = static_cast<int64_t>(random.Below(10));
    now += step;
    clock.Advance(Duration(step));
    const std::string changed = std::to_string(random.Below(30));
    slow.content[changed] = std::to_string(now);
    slow.failure = random.Chance(0.1) ? absl::UnavailableError("") : absl::OkStatus();
    std::vector<std::string> keys(random.Below(8));
    for (std::string& key : keys) key = std::to_string(random.Below(40));
    const absl::StatusOr<Answers> answers = Lookup({keys.begin(), keys.end()});
    if (!answers.ok()) continue;
    for (size_t k = 0; k < keys.size(); ++k) {
      auto it = slow.content.find(keys[k]);
      if (it == slow.content.end()) {
        ASSERT_EQ((*answers)[k], "-");
      } else if ((*answers)[k] != it->second) {
        // An older answer: the change must be younger than the answer's time.
        const int64_t ttl = (*answers)[k] == "-" ? 20 : 50;
        ASSERT_LT(now - std::stoll(it->second), ttl);
      }
    }
    ASSERT_LE(table->size(), 18u);
  }
}

}  // namespace
}  // namespace rtstream
