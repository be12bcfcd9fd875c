// What RocksDbStore makes of a directory: its own, somebody's, nobody's.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/connectors/rocksdb_store.h"
#include "rtstream/testing/matchers.h"
#include "tests/connectors/rocksdb_state.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;
constexpr auto kDamaged = absl::StatusCode::kDataLoss;

absl::Status Open(const std::string& dir) { return RocksDbStore::Open(dir).status(); }
absl::Status OpenReadOnly(const std::string& dir) { return RocksDbStore::OpenReadOnly(dir).status(); }

// A state of ten commits, closed.
void MakeState(const std::string& dir) {
  const auto store = RocksDbStore::Open(dir);
  ASSERT_THAT(store.status(), IsOk());
  ASSERT_THAT(NumberedCommits::Apply(**store, 1, 10), IsOk());
}

TEST(StateDirectory, MissingOneIsMadeItsParentIsNot) {
  ScratchDir scratch;
  EXPECT_THAT(Open(scratch.Path("state")), IsOk());
  EXPECT_THAT(Open(scratch.Path("no/state")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("make state directory")));
}

TEST(StateDirectory, IsMadeForItsOwnerAlone) {
  ScratchDir scratch;
  ASSERT_THAT(Open(scratch.Path("state")), IsOk());
  struct stat st;
  ASSERT_EQ(stat(scratch.Path("state").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
}

TEST(StateDirectory, OneThatEverybodyCanWriteToIsRefused) {
  ScratchDir scratch;
  ASSERT_EQ(mkdir(scratch.Path("state").c_str(), 0700), 0);
  ASSERT_EQ(chmod(scratch.Path("state").c_str(), 0777), 0);
  EXPECT_THAT(Open(scratch.Path("state")), StatusIs(kRefused, HasSubstr("every user can write to state directory")));
  EXPECT_FALSE(std::filesystem::exists(scratch.Path("state/RTSTREAM")));
}

TEST(StateDirectory, MarkerThatIsALinkIsNotFollowed) {
  ScratchDir scratch;
  ASSERT_EQ(mkdir(scratch.Path("state").c_str(), 0700), 0);
  ASSERT_EQ(symlink(scratch.Path("elsewhere").c_str(), scratch.Path("state/RTSTREAM").c_str()), 0);
  EXPECT_FALSE(Open(scratch.Path("state")).ok());
  EXPECT_FALSE(std::filesystem::exists(scratch.Path("elsewhere")));
}

TEST(StateDirectory, EmptyOneIsTaken) {
  ScratchDir scratch;
  std::filesystem::create_directory(scratch.Path("state"));
  std::filesystem::create_directory(scratch.Path("state/lost+found"));
  EXPECT_THAT(Open(scratch.Path("state")), IsOk());
}

TEST(StateDirectory, FilesThatAreNoStateAreLeftAlone) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("photos");
  std::filesystem::create_directory(dir);
  scratch.Write("photos/beach.jpg", "x");
  EXPECT_THAT(Open(dir), StatusIs(kRefused, AllOf(HasSubstr(dir), HasSubstr("not a state"),
                                                  HasSubstr("want an empty directory"))));
  EXPECT_THAT(OpenReadOnly(dir), StatusIs(kRefused, HasSubstr("not a state directory")));
  EXPECT_FALSE(std::filesystem::exists(dir + "/RTSTREAM"));
}

TEST(StateDirectory, FileInItsPlaceIsRefused) {
  ScratchDir scratch;
  const std::string path = scratch.Write("file", "x");
  EXPECT_THAT(Open(path), StatusIs(kRefused, HasSubstr("Not a directory")));
  EXPECT_FALSE(OpenReadOnly(path).ok());
}

TEST(StateDirectory, MissingOneCannotBeRead) {
  ScratchDir scratch;
  EXPECT_THAT(OpenReadOnly(scratch.Path("state")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(scratch.Path("state")));
}

TEST(StateDirectory, SecondOpeningIsToldThatItIsInUse) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  const auto first = RocksDbStore::Open(dir);
  EXPECT_THAT(Open(dir), StatusIs(kRefused, HasSubstr("state directory " + dir + " is in use by another process")));
  EXPECT_THAT(NumberedCommits::Apply(**first, 1, 1), IsOk());
}

TEST(StateDirectory, HoldsWhatItMadeAndNothingElse) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  EXPECT_FALSE(RocksDbStore::Holds(dir));
  MakeState(dir);
  EXPECT_TRUE(RocksDbStore::Holds(dir));
  scratch.Write("state/RTSTREAM", "rtstream log state, format 1\nlast commit 0");
  EXPECT_FALSE(RocksDbStore::Holds(dir));
}

TEST(StateDirectory, EmptiedMarkerDoesNotMakeADatabaseOfALogStoresState) {
  ScratchDir scratch;
  std::filesystem::create_directory(scratch.Path("state"));
  scratch.Write("state/RTSTREAM", "");
  scratch.Write("state/index", "of a log");
  EXPECT_THAT(Open(scratch.Path("state")), StatusIs(kDamaged, HasSubstr("is of a LogStore")));
  EXPECT_FALSE(std::filesystem::exists(scratch.Path("state/CURRENT")));
}

TEST(StateDirectory, NewerFormatIsRefused) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  MakeState(dir);
  scratch.Write("state/RTSTREAM", "rtstream state, format 2\nnobody knows yet\n");
  EXPECT_THAT(Open(dir), StatusIs(kRefused, HasSubstr("has format 2, this library knows 1")));
  EXPECT_THAT(OpenReadOnly(dir), StatusIs(kRefused, HasSubstr("format 2")));
}

TEST(StateDirectory, MarkerOfSomebodyElseIsDamage) {
  ScratchDir scratch;
  std::filesystem::create_directory(scratch.Path("state"));
  scratch.Write("state/RTSTREAM", "hello, world\n");
  EXPECT_THAT(Open(scratch.Path("state")), StatusIs(kDamaged));
}

TEST(StateDirectory, MarkerThatIsADirectoryIsRefused) {
  ScratchDir scratch;
  std::filesystem::create_directories(scratch.Path("state/RTSTREAM"));
  EXPECT_FALSE(Open(scratch.Path("state")).ok());
  EXPECT_FALSE(OpenReadOnly(scratch.Path("state")).ok());
}

TEST(StateDirectory, MakingThatWasCutShortGoesOn) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  std::filesystem::create_directory(dir);
  scratch.Write("state/RTSTREAM", "rtstream sta");
  scratch.Write("state/MANIFEST-000001", "half a man");
  scratch.Write("state/000001.dbtmp", "MANIF");
  EXPECT_THAT(OpenReadOnly(dir), StatusIs(kRefused, HasSubstr("no commit yet")));
  MakeState(dir);
  EXPECT_THAT(OpenAndReadAll(dir), IsOkAndHolds(NumberedCommits::After(10)));
}

TEST(StateDirectory, MissingFilesOfAMadeStateAreNeverANewState) {
  ScratchDir scratch;
  MakeState(scratch.Path("state"));
  std::filesystem::remove(scratch.Path("state/CURRENT"));
  EXPECT_THAT(Open(scratch.Path("state")), StatusIs(kDamaged, HasSubstr(scratch.Path("state"))));
  EXPECT_THAT(OpenReadOnly(scratch.Path("state")), StatusIs(kDamaged));
}

TEST(StateDirectory, OlderCopyPutBackUnderANewerMarkerIsDamage) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  MakeState(dir);
  std::filesystem::copy(dir, scratch.Path("copy"));
  {
    const auto store = RocksDbStore::Open(dir);
    ASSERT_THAT(NumberedCommits::Apply(**store, 11, 12), IsOk());
  }
  std::filesystem::copy_file(dir + "/RTSTREAM", scratch.Path("copy/RTSTREAM"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Open(scratch.Path("copy")), StatusIs(kDamaged, HasSubstr("lost commits")));
  EXPECT_THAT(OpenReadOnly(scratch.Path("copy")), StatusIs(kDamaged, HasSubstr("lost commits")));
}

TEST(StateDirectory, CopyIsAStateOfItsOwn) {
  ScratchDir scratch;
  MakeState(scratch.Path("state"));
  std::filesystem::copy(scratch.Path("state"), scratch.Path("copy"));
  EXPECT_THAT(OpenAndReadAll(scratch.Path("copy")), IsOkAndHolds(NumberedCommits::After(10)));
}

TEST(StateDirectory, ReadingWritesNothing) {
  ScratchDir scratch;
  MakeState(scratch.Path("state"));
  const auto list = [&] {
    std::map<std::string, std::filesystem::file_time_type> files;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.Path("state"))) {
      files[entry.path()] = entry.last_write_time();
    }
    return files;
  };
  const auto before = list();
  ASSERT_THAT(OpenReadOnly(scratch.Path("state")), IsOk());
  EXPECT_EQ(list(), before);
}

}  // namespace
}  // namespace rtstream
