#include "rtstream/core/batch.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "rtstream/core/context.h"

namespace rtstream {
namespace {

RowMeta MetaAt(uint32_t position, uint32_t ordinal) {
  RowMeta meta;
  meta.position = position;
  meta.ordinal = ordinal;
  return meta;
}

TEST(Batch, GivesPositionsAndOrdinalsRelativeToItsBases) {
  Batch<int> batch;
  batch.Begin(2, "orders.txt", 10'000'000'000, 501);
  batch.Append(7, MetaAt(0, 0));
  batch.Append(8, MetaAt(4'000'000'000, 1));
  EXPECT_EQ(batch.frame().partition, 2u);
  EXPECT_EQ(batch.frame().label, "orders.txt");
  EXPECT_EQ(batch.frame().position(1), 14'000'000'000);
  EXPECT_EQ(batch.frame().ordinal(1), 502);
}

TEST(Batch, ForgetsRowsAndBytesWhenItBeginsAnew) {
  Batch<int> batch;
  batch.Begin(0, "a", 0, 1);
  batch.Append(7, MetaAt(0, 0));
  batch.resume = "7";
  batch.input_bytes = 9;
  std::shared_ptr<char[]> bytes(new char[4]());
  const std::weak_ptr<char[]> held = bytes;
  batch.frame().HoldBytes(std::move(bytes), "abcd");
  EXPECT_FALSE(held.expired());
  batch.Begin(0, "a", 0, 1);
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.resume, "");
  EXPECT_EQ(batch.input_bytes, 0u);
  EXPECT_EQ(batch.frame().bytes(), "");
  EXPECT_TRUE(held.expired());
}

TEST(Batch, RecordsThatFollowOneAnotherCountOn) {
  Batch<int> batch;
  batch.Begin(0, "a", 100, 11);
  const int values[] = {7, 8, 9};
  batch.AppendAll(values);
  EXPECT_EQ(batch.rows().back(), 9);
  EXPECT_EQ(batch.frame().position(2), 102);
  EXPECT_EQ(batch.frame().ordinal(2), 13);
  EXPECT_EQ(batch.frame().raw(2), "");
}

TEST(Batch, RecordsCountOnBehindRowsThatSayWhereTheyStand) {
  Batch<int> batch;
  batch.Begin(0, "a", 100, 11);
  const int values[] = {7, 8};
  batch.AppendAll(values);
  batch.Append(9, MetaAt(50, 5));
  batch.AppendAll(values);
  EXPECT_EQ(batch.frame().position(1), 101);
  EXPECT_EQ(batch.frame().position(2), 150);
  EXPECT_EQ(batch.frame().position(4), 152);
  EXPECT_EQ(batch.frame().ordinal(4), 18);
}

TEST(Batch, BorrowedRecordsAreNotCopied) {
  Batch<int> batch;
  batch.Begin(0, "a", 100, 11);
  const int values[] = {7, 8, 9};
  batch.Borrow(values);
  EXPECT_EQ(batch.size(), 3u);
  EXPECT_EQ(batch.rows().data(), values);
  EXPECT_EQ(batch.frame().position(2), 102);
  batch.Clear();
  EXPECT_TRUE(batch.rows().empty());
}

TEST(Frame, GivesTheBytesOfEachRow) {
  Frame frame;
  std::shared_ptr<char[]> bytes(new char[8 + Frame::kPadding]());
  std::string_view("one\ntwo\n").copy(bytes.get(), 8);
  const std::string_view held(bytes.get(), 8);
  frame.HoldBytes(std::move(bytes), held);
  RowMeta meta;
  meta.raw_offset = 4;
  meta.raw_size = 3;
  frame.Append({});
  frame.Append(meta);
  EXPECT_EQ(frame.raw(0), "");
  EXPECT_EQ(frame.raw(1), "two");
}

TEST(Frame, OfARecordThatTheSourceCutHasWhatWasKept) {
  Frame frame;
  std::shared_ptr<char[]> bytes(new char[4 + Frame::kPadding]());
  const std::string_view held(bytes.get(), 4);
  frame.HoldBytes(std::move(bytes), held);
  RowMeta meta;
  meta.raw_size = 1'000'000;
  meta.flags = RowMeta::kOversize;
  frame.Append(meta);
  EXPECT_EQ(frame.raw(0).size(), 4u);
}

TEST(Frame, ARefusedRowHasOneLetter) {
  Frame frame;
  frame.AppendNext(3);
  EXPECT_FALSE(frame.any_refused());
  EXPECT_TRUE(frame.MarkRefused(1));
  EXPECT_TRUE(frame.any_refused());
  EXPECT_TRUE(frame.is_refused(1));
  EXPECT_FALSE(frame.is_refused(0));
  frame.PassOn(1);
  EXPECT_FALSE(frame.is_refused(1));
  EXPECT_FALSE(frame.MarkRefused(1));
  EXPECT_TRUE(frame.is_refused(1));
}

TEST(Frame, ForgetsRefusalsWhenItIsCleared) {
  Frame frame;
  frame.AppendNext(3);
  frame.MarkRefused(1);
  frame.Clear();
  frame.AppendNext(5);
  EXPECT_FALSE(frame.any_refused());
  EXPECT_FALSE(frame.is_refused(1));
  EXPECT_TRUE(frame.MarkRefused(1));
  EXPECT_FALSE(frame.is_refused(4));
}

TEST(Selection, HoldsAllRowsOfTheLargestFrame) {
  Selection selection;
  selection.SelectAll(Frame::kMaxRows);
  EXPECT_EQ(selection.size(), Frame::kMaxRows);
  EXPECT_EQ(selection[Frame::kMaxRows - 1], Frame::kMaxRows - 1);
}

TEST(Selection, IsNarrowedInPlace) {
  Selection selection;
  selection.SelectAll(6);
  size_t kept = 0;
  for (size_t i = 0; i < selection.size(); ++i) {
    if (selection[i] % 2 == 1) selection.Set(kept++, selection[i]);
  }
  selection.Truncate(kept);
  ASSERT_EQ(selection.size(), 3u);
  EXPECT_EQ(selection[0], 1u);
  EXPECT_EQ(selection[2], 5u);
}

// It knows what it has written.
TEST(Selection, SelectsAllWhateverStoodThereBefore) {
  Selection selection, odd;
  for (size_t row = 1; row < 20; row += 2) odd.Add(row);
  const auto expect_all = [&](size_t n) {
    selection.SelectAll(n);
    ASSERT_EQ(selection.size(), n);
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(selection[i], i);
  };
  expect_all(10);
  selection.Set(3, 30);
  expect_all(10);
  selection.Truncate(4);
  selection.Add(40);
  expect_all(10);
  selection.Keep(odd, [](size_t) { return true; });
  expect_all(8);
  selection.Add(50);
  expect_all(12);
  selection.Clear();
  selection.Add(60);
  expect_all(12);
  expect_all(2);
  selection.Add(70);
  expect_all(12);
}

TEST(Selection, KeepsTheRowsThatAreWantedWhateverItReads) {
  Selection all, kept;
  all.SelectAll(9);
  kept.Keep(all, [](size_t row) { return row % 2 == 0; });
  ASSERT_EQ(kept.size(), 5u);
  EXPECT_FALSE(kept.is_prefix());
  kept.Keep(kept, [](size_t row) { return row % 4 == 0; });
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[2], 8u);
  all.Keep(all, [](size_t row) { return row < 3; });
  EXPECT_EQ(all.size(), 3u);
  EXPECT_TRUE(all.is_prefix());
  all.Keep(all, [](size_t) { return false; });
  EXPECT_TRUE(all.empty());
  EXPECT_TRUE(all.is_prefix());
}

TEST(Rows, AreSeenThroughTheSelection) {
  Frame frame;
  frame.base_position = 100;
  for (const RowMeta& meta : {MetaAt(0, 0), MetaAt(10, 1), MetaAt(20, 2)}) frame.Append(meta);
  const std::string values[] = {"a", "b", "c"};
  Selection selection;
  selection.Add(0);
  selection.Add(2);
  const Rows<std::string> rows(values, frame, selection);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1], "c");
  EXPECT_EQ(rows.row(1), 2u);
  EXPECT_EQ(rows.position(1), 120);
  EXPECT_EQ(rows.meta(1).ordinal, 2u);
  EXPECT_EQ(rows.at_row(1), "b");
}

TEST(Context, AnswersForTheRowAtHand) {
  Arena arena;
  Context ctx(arena, Time(Duration(5)));
  Frame frame;
  frame.label = "orders.txt";
  frame.base_position = 100;
  frame.base_ordinal = 11;
  for (const RowMeta& meta : {MetaAt(0, 0), MetaAt(10, 1)}) frame.Append(meta);
  frame.SetTimes(Time(Duration(3)), Time(Duration(2)));
  ctx.At(frame, 1);
  EXPECT_EQ(ctx.partition(), "orders.txt");
  EXPECT_EQ(ctx.position(), 110);
  EXPECT_EQ(ctx.ordinal(), 12);
  EXPECT_EQ(ctx.event_time(), Time(Duration(3)));
  EXPECT_EQ(ctx.watermark(), Time(Duration(2)));
  EXPECT_EQ(ctx.now(), Time(Duration(5)));
  EXPECT_EQ(ctx.raw(), "");
}

}  // namespace
}  // namespace rtstream
