// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/json/record_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "reporters/json/json_record.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class RecordFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "nmgen-record-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  size_t entries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }
  static std::string content(const std::string& file) {
    std::ifstream stream(file);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  fs::path directory_;
  const Record record_ = test::passed_record();
};

TEST_F(RecordFile, IsWrittenWholeAndReadBack) {
  ASSERT_TRUE(check_writable(path("r.json")));
  EXPECT_EQ(entries(), 0U);  // the check leaves nothing behind
  ASSERT_TRUE(write_record(record_, path("r.json")));
  EXPECT_EQ(entries(), 1U);
  Result<Record> back = read_record(path("r.json"));
  ASSERT_TRUE(back) << back.error().sentence();
  EXPECT_EQ(*record_to_json(*back), *record_to_json(record_));
}

TEST_F(RecordFile, AProgramThatIsEndedInTheCheckLeavesNothing) {
  for (int i = 0; i < 50; i++) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      for (bool told = false;; told = true) {
        static_cast<void>(check_writable(path("r.json")));
        if (!told && write(ready[1], "", 1) != 1)
          _exit(1);
      }
    }
    ASSERT_GT(child, 0);
    char byte = 1;
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    kill(child, SIGTERM);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    close(ready[0]);
    close(ready[1]);
  }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(RecordFile, ReplacesAnOldFileAndFollowsALink) {
  std::ofstream(path("old.json")) << "old";
  fs::create_symlink("old.json", path("link.json"));
  ASSERT_TRUE(check_writable(path("link.json")));
  EXPECT_EQ(content(path("old.json")), "old");
  ASSERT_TRUE(write_record(record_, path("link.json")));
  EXPECT_TRUE(fs::is_symlink(path("link.json")));
  EXPECT_TRUE(read_record(path("old.json")));
  EXPECT_EQ(entries(), 2U);
}

TEST_F(RecordFile, ObeysTheUmask) {
  mode_t before = umask(027);
  Result<void> written = write_record(record_, path("r.json"));
  umask(before);
  ASSERT_TRUE(written);
  struct stat status {};
  ASSERT_EQ(stat(path("r.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(RecordFile, SaysWhyAPathCannotBeWritten) {
  fs::create_symlink("nowhere/r.json", path("dangling"));
  std::ofstream(path("file")) << "x";
  const struct {
    std::string path;
    const char* words;
  } kPaths[] = {
      {directory_.string(), "it is a directory"},
      {path("none/r.json"), "there is no such directory"},
      {path("none/"), "there is no such directory"},
      {path("dangling"), "a symbolic link to nowhere"},
      {path("file") + "/r.json", "Not a directory"},
      {"", "its path is empty"},
  };
  for (const auto& entry : kPaths) {
    for (bool writes : {false, true}) {
      Result<void> result = writes ? write_record(record_, entry.path) : check_writable(entry.path);
      ASSERT_FALSE(result) << entry.path;
      EXPECT_THAT(result.error().sentence(), HasSubstr(entry.words));
      EXPECT_FALSE(result.error().remedy.empty());
    }
  }
  EXPECT_EQ(entries(), 2U);
}

TEST_F(RecordFile, ADeviceIsWrittenToAndNotReplaced) {
  ASSERT_TRUE(check_writable("/dev/null"));
  ASSERT_TRUE(write_record(record_, "/dev/null"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(RecordFile, AFullDiskIsAnError) {
  Result<void> written = write_record(record_, "/dev/full");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().sentence(), HasSubstr("No space left"));
}

TEST_F(RecordFile, AnUnwritableRecordLeavesTheOldFile) {
  std::ofstream(path("r.json")) << "old";
  Record bad = record_;
  bad.runs[0].tx.pps = -1.0 / 0.0;
  EXPECT_FALSE(write_record(bad, path("r.json")));
  EXPECT_EQ(content(path("r.json")), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(RecordFile, ReadingSaysWhatIsMissing) {
  Result<Record> none = read_record(path("none.json"));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().sentence(), HasSubstr("No such file"));
  Result<Record> directory = read_record(directory_.string());
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().sentence(), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace nmgen
