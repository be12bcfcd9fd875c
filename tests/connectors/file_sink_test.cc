#include "rtstream/connectors/file_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "rtstream/connectors/dead_letter_file.h"
#include "rtstream/connectors/file_source.h"
#include "rtstream/rtstream.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream {

// A line of the tests' input, parsed.
struct Count {
  std::string key;
  int64_t n = 0;
};
template <>
struct Mapping<Count> {
  static constexpr auto kFields = std::make_tuple(Field("key", &Count::key), Field("n", &Count::n));
};

namespace {

using ::rtstream::testing::IsOk;
using ::rtstream::testing::StatusIs;
using ::testing::HasSubstr;

std::string Input(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) {
    char line[64];
    std::snprintf(line, sizeof line, "{\"key\":\"k%d\",\"n\":%d}\n", i % 7, i);
    text += i % 13 == 5 ? "not json\n" : line;
    if (i % 10 == 3) text += "\n";
  }
  return text;
}

// file | parse | double | file, refused records into a third file.
class FilePipeline : public ::testing::Test {
 protected:
  RunOptions Options() {
    RunOptions options;
    options.dead_letters = &letters_;
    options.batch_rows = 8;
    options.commit_interval = std::chrono::hours(1);
    options.commit_mode = CommitMode::kInStep;
    options.clock = &clock_;
    options.seed = 1;
    return options;
  }
  Pipeline Make() {
    return From(source_) | ParseJson<Count>("parse") |
           Map("double", [](const Count& c) { return Count{c.key, c.n * 2}; }) | To(sink_);
  }
  std::unique_ptr<Runner> NewRunner() {
    return std::make_unique<Runner>(Make(), store_, Options());
  }
  std::string Outputs() const { return dir_.Read("out") + "|" + dir_.Read("letters"); }

  ScratchDir dir_;
  std::string input_ = dir_.Write("in", Input(200));
  FileSource source_{{.paths = {input_}, .max_record = 100, .chunk_bytes = 700}};
  FileSink<Count> sink_{"out", dir_.Path("out")};
  DeadLetterFile letters_{"letters", dir_.Path("letters")};
  MemoryStateStore store_;
  testing::ManualClock clock_;
};

std::string CleanRun() {
  class Clean : public FilePipeline {
   public:
    void TestBody() override {}
    std::string Run() {
      EXPECT_THAT(NewRunner()->Run(), IsOk());
      return Outputs();
    }
  };
  return Clean().Run();
}

TEST_F(FilePipeline, RowsAreLinesOfJson) {
  dir_.Write("in", "{\"key\":\"a\",\"n\":1}\n{\"key\":\"b\",\"n\":2}\n");
  ASSERT_THAT(NewRunner()->Run(), IsOk());
  EXPECT_EQ(dir_.Read("out"), "{\"key\":\"a\",\"n\":2}\n{\"key\":\"b\",\"n\":4}\n");
}

TEST_F(FilePipeline, ARefusedRecordIsInTheDeadLetterFile) {
  dir_.Write("in", "no\n");
  ASSERT_THAT(NewRunner()->Run(), IsOk());
  EXPECT_THAT(dir_.Read("letters"), ::testing::StartsWith("{\"operator\":\"parse\",\"code\":\"INVALID"));
  EXPECT_THAT(dir_.Read("letters"), HasSubstr("\"partition\":\"in\",\"position\":0,\"length\":2,"));
}

TEST_F(FilePipeline, RotatedFilesLeaveTheCommitsAndAreNotReadAgain) {
  const auto line = [](int n) { return Concat("{\"key\":\"a\",\"n\":", n, "}\n"); };
  FileSource log({.paths = {dir_.Write("log", line(0))}, .follow = true});
  const auto read = [&](Runner& runner) {
    for (;;) {
      absl::StatusOr<StepResult> step = runner.Step();
      ASSERT_THAT(step, IsOk());
      if (*step == StepResult::kIdle) break;
    }
    ASSERT_THAT(runner.Commit(), IsOk());
    EXPECT_LE(runner.committed().partitions.size(), 2u);
  };
  std::string written = line(0);
  int n = 0;
  for (int run = 0; run < 3; ++run) {
    Runner runner(From(log) | ParseJson<Count>("parse") | To(sink_), store_, Options());
    ASSERT_THAT(runner.Open(), IsOk());
    read(runner);
    for (int i = 0; i < 4; ++i) {
      dir_.Rename("log", "log.1");
      dir_.Write("log", line(++n));
      written += line(n);
      read(runner);
    }
  }
  EXPECT_EQ(dir_.Read("out"), written);
}

TEST_F(FilePipeline, AnOversizeRecordsLetterHasItsTrueLengthAndFirstBytes) {
  FileSource source({.paths = {dir_.Write("big", std::string(200000, 'x') + "\n")},
                     .max_record = 1000});
  Runner runner(From(source) | ParseJson<Count>("parse") | To(sink_), store_, Options());
  ASSERT_THAT(runner.Run(), IsOk());
  const std::string letter = dir_.Read("letters");
  EXPECT_THAT(letter, HasSubstr("\"length\":200000,"));
  EXPECT_THAT(letter, HasSubstr("record of 200000 bytes"));
  EXPECT_NEAR(static_cast<double>(letter.size()), 1000 * 4 / 3, 300);
}

TEST_F(FilePipeline, AKillBehindAnyStepEqualsOneCleanRun) {
  const std::string clean = CleanRun();
  // Batches are committed now and then; each run is killed behind one step more than the last.
  for (int steps = 1;; ++steps) {
    auto runner = NewRunner();
    ASSERT_THAT(runner->Open(), IsOk());
    StepResult result = StepResult::kBatch;
    for (int i = 0; i < steps && result == StepResult::kBatch; ++i) {
      absl::StatusOr<StepResult> step = runner->Step();
      ASSERT_THAT(step, IsOk());
      result = *step;
      if (i % 3 != 1) continue;
      ASSERT_THAT(runner->Commit(), IsOk());
    }
    if (result != StepResult::kFinished) continue;
    ASSERT_THAT(runner->Commit(), IsOk());
    break;
  }
  EXPECT_EQ(Outputs(), clean);
}

TEST_F(FilePipeline, ACrashOfTheDriverAtEachStepEqualsOneCleanRun) {
  const std::string clean = CleanRun();
  testing::PipelineDriver driver([&] { return Make(); }, {.batch_rows = 8});
  for (int steps = 1;; ++steps) {
    bool is_finished = false;
    for (int i = 0; i < steps && !is_finished; ++i) {
      absl::StatusOr<StepResult> step = driver.Step();
      ASSERT_THAT(step, IsOk());
      is_finished = *step == StepResult::kFinished;
    }
    if (is_finished || steps % 2 == 0) {
      ASSERT_THAT(driver.Commit(), IsOk());
    }
    if (is_finished) break;
    ASSERT_THAT(driver.Crash(), IsOk());
  }
  EXPECT_EQ(dir_.Read("out"), clean.substr(0, clean.find('|')));
}

// A store that dies at its n-th write, before or after it took effect.
class DyingStore final : public StateStore {
 public:
  DyingStore(StateStore& store, int writes_left, bool takes_effect)
      : store_(&store), writes_left_(writes_left), takes_effect_(takes_effect) {}

  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override {
    return store_->Get(key);
  }
  absl::StatusOr<std::vector<std::optional<Versioned>>> MultiGet(
      absl::Span<const std::string> keys) const override {
    return store_->MultiGet(keys);
  }
  absl::Status Scan(std::string_view prefix, Visitor visit) const override {
    return store_->Scan(prefix, visit);
  }
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override { return store_->Snapshot(); }
  absl::Status Close() override { return absl::OkStatus(); }
  absl::Status Apply(const StateBatch& batch) override {
    if (--writes_left_ > 0) return store_->Apply(batch);
    if (takes_effect_) (void)store_->Apply(batch);
    return absl::InternalError("killed");
  }

 private:
  StateStore* store_;
  int writes_left_;
  bool takes_effect_;
};

TEST_F(FilePipeline, ADeathBetweenSyncAndCommitEqualsOneCleanRun) {
  const std::string clean = CleanRun();
  for (int writes = 1; writes < 60; ++writes) {
    DyingStore dying(store_, 1 + writes % 4, writes % 2 == 0);
    Runner runner(Make(), dying, Options());
    if (!runner.Open().ok()) continue;
    for (int i = 0; i < 12; ++i) {
      absl::StatusOr<StepResult> step = runner.Step();
      ASSERT_THAT(step, IsOk());
      if (!runner.Commit().ok()) break;
    }
  }
  ASSERT_THAT(NewRunner()->Run(), IsOk());
  EXPECT_EQ(Outputs(), clean);
}

TEST_F(FilePipeline, AnOutputShorterThanCommittedEndsTheRunBeforeItBegins) {
  ASSERT_THAT(NewRunner()->Run(), IsOk());
  dir_.Write("out", "short");
  EXPECT_THAT(NewRunner()->Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("out")));
}

TEST_F(FilePipeline, WhatWasCutIsTold) {
  ASSERT_THAT(NewRunner()->Run(), IsOk());
  dir_.Append("out", "staged, never committed");
  ASSERT_THAT(NewRunner()->Open(), IsOk());
  EXPECT_EQ(sink_.cut_bytes(), 23u);
}

TEST(FileSink, ALambdaWritesTheLine) {
  ScratchDir dir;
  auto sink = MakeFileSink<Count>("out", dir.Path("out"), [](const Count& c, std::string& out) {
    out += c.key;
  });
  MemorySource<Count> source;
  source.Push({"a", 1});
  source.Push({"b", 2});
  source.Finish();
  MemoryStateStore store;
  ASSERT_THAT(Runner(From(source) | To(*sink), store).Run(), IsOk());
  EXPECT_EQ(dir.Read("out"), "a\nb\n");
  EXPECT_EQ(sink->bytes_written(), 4u);
}

}  // namespace
}  // namespace rtstream
