#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/data_directory.h"
#include "tests/support/root.h"

BOOST_AUTO_TEST_SUITE(owners_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr uid_t nobody = 65'534;

std::string strangers_in(const fs::path& directory) {
  std::string names;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    struct stat about {};
    if (::lstat(entry.path().c_str(), &about) != 0 || about.st_uid != nobody) names += entry.path().string() + " ";
  }
  return names;
}

Ran as_nobody(std::vector<std::string> argv) {
  const std::string id = std::to_string(nobody);
  std::vector<std::string> all{"/usr/bin/env", "setpriv", "--reuid", id, "--regid", id, "--clear-groups"};
  all.insert(all.end(), argv.begin(), argv.end());
  return run(all);
}

constexpr const char* genre = R"({"putGenre":{"tmdbId":16,"name":"Animation"}})";

void give_to_nobody(const DataDirectory& data) {
  BOOST_TEST_REQUIRE(run({"/usr/bin/env", "chown", "-R", std::to_string(nobody), data.path()}).exit_code == 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_root_runs_leaves_a_directory_that_its_owner_can_go_on_with) {
  if (!is_root()) return;
  const DataDirectory data(CATLOG_BIN);
  const TemporaryDirectory elsewhere;
  {
    Daemon daemon = data.start();
    data.out_of({"send"}, genre);
    BOOST_TEST(daemon.terminate() == 0);
  }
  // As if its owner had always run it; then root looks after it, with nothing there that was only made at need.
  for (const char* made_at_need : {"log/lock.mdb", "state/lock.mdb"}) fs::remove(data / made_at_need);
  fs::remove_all(data / "run");
  give_to_nobody(data);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"verify", "--deep"},
                                             {"sql", "SELECT 1", "--as-of", "1"},
                                             {"rebuild"},
                                             {"rebuild", "--back"},
                                             {"history", "genres/1"},
                                             {"backup", elsewhere / "backup"},
                                             {"quarantine", "1", "--why", "to see whose the list is"},
                                             {"rebuild"}}) {
    const Ran ran = data.catlog(command);
    BOOST_TEST(ran.exit_code == 0, fmt::format("{}: {}{}", command[0], ran.out, ran.err));
    const std::string strangers = strangers_in(data.path());
    BOOST_TEST(strangers.empty(), fmt::format("{} made {}", command[0], strangers));
  }
  const std::string programs = CATLOG_BIN;
  const Ran again = as_nobody({programs + "/catlog", "--data", data.path(), "rebuild"});
  BOOST_TEST(again.exit_code == 0, again.err);
}

// As root's own `cp` leaves it. "0 removed" was all that was said of one.
BOOST_AUTO_TEST_CASE(a_strangers_file_that_tidy_cannot_remove_is_named_with_who_may_what) {
  if (!is_root()) return;
  const DataDirectory data(CATLOG_BIN);
  {
    Daemon daemon = data.start();
    data.out_of({"send"}, genre);
    data.out_of({"sql", "SELECT 1", "--as-of", "1"});
    data.out_of({"rebuild"});
    BOOST_TEST(daemon.terminate() == 0);
  }
  give_to_nobody(data);
  const std::string programs = CATLOG_BIN;
  const auto check_named = [&](const std::string& file) {
    const Ran ran = as_nobody({programs + "/catlog", "--data", data.path(), "tidy", "--as-of-days", "1"});
    BOOST_TEST(ran.exit_code == 4, ran.err);
    BOOST_TEST(has(ran.err, file), ran.err);
    BOOST_TEST(has(ran.err, "\"Who may what\""), ran.err);
    return ran.err;
  };
  const fs::path as_of = fs::directory_iterator(data / "readmodel/as-of")->path();
  fs::last_write_time(as_of, fs::file_time_type::clock::now() - std::chrono::days(30));
  for (const fs::path& each : {as_of, as_of.parent_path()}) BOOST_TEST_REQUIRE(::chown(each.c_str(), 0, 0) == 0);
  fs::permissions(as_of, fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(as_of.parent_path(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  // Nor is anything else kept from going by it.
  const fs::path way_back = fs::canonical(data / "readmodel/previous.sqlite");
  BOOST_TEST_REQUIRE(
      run({"/usr/bin/env", "touch", "-h", "-d", "60 days ago", data / "readmodel/previous.sqlite"}).exit_code == 0);
  const std::string said = check_named("cannot open " + as_of.string());
  BOOST_TEST(has(said, "0 as-of files and 1 earlier read models were removed; 0 are kept"), said);
  BOOST_TEST(!fs::exists(way_back));
  fs::permissions(as_of, fs::perms::others_read, fs::perm_options::add);
  check_named("cannot remove " + as_of.string());
  fs::permissions(as_of.parent_path(), fs::perms::owner_all);
  check_named("cannot read " + as_of.parent_path().string());
  fs::remove(as_of);
  fs::permissions(data / "readmodel/switch.lock", fs::perms::owner_read);
  BOOST_TEST_REQUIRE(::chown((data / "readmodel/switch.lock").c_str(), 0, 0) == 0);
  check_named("switch.lock");
}

// A daemon that was killed leaves a WAL, whose index every reader makes that finds none.
BOOST_AUTO_TEST_CASE(what_root_reads_after_a_kill_leaves_nothing_of_roots) {
  if (!is_root()) return;
  const DataDirectory data(CATLOG_BIN);
  {
    Daemon daemon = data.start();
    data.out_of({"send"}, genre);
    data.out_of({"sql", "SELECT 1", "--wait-for", "1"});
    daemon.kill();
  }
  give_to_nobody(data);
  fs::remove(fs::canonical(data / "readmodel/current.sqlite").string() + "-shm");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"sql", "SELECT name FROM genres"},
                                             {"report", "genres"},
                                             {"explain", "genres", "1", "name"},
                                             {"verify"}}) {
    const Ran ran = data.catlog(command);
    BOOST_TEST(ran.exit_code == 0, fmt::format("{}: {}{}", command[0], ran.out, ran.err));
    BOOST_TEST(strangers_in(data.path()) == "", command[0]);
  }
}

BOOST_AUTO_TEST_CASE(what_root_restores_into_anothers_folder_is_that_ones) {
  if (!is_root()) return;
  const DataDirectory data(CATLOG_BIN);
  const TemporaryDirectory elsewhere, theirs;
  {
    Daemon daemon = data.start();
    data.out_of({"send"}, genre);
    data.out_of({"quarantine", "1", "--why", "for the backup to hold a list"});
  }
  data.out_of({"backup", elsewhere / "backup"});
  BOOST_TEST_REQUIRE(::chown(theirs.path().c_str(), nobody, nobody) == 0);
  const std::string restored = theirs / "data";
  const Ran ran = run({CATLOG_BIN "/catlog", "restore", elsewhere / "backup", "--data", restored});
  BOOST_TEST(ran.exit_code == 0, ran.err);
  BOOST_TEST(strangers_in(theirs.path()) == "");
  BOOST_TEST(as_nobody({CATLOG_BIN "/catlog", "--data", restored, "status"}).exit_code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
