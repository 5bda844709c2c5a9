#include "store/backup/restore.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "store/files/key_files.h"
#include "tests/support/backups.h"
#include "tests/support/child_process.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(restore_test)

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

struct BackedUp {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  fs::path backup = directory / "backup", back = directory / "back";
  std::string log_id;

  BackedUp() {
    Log log = Log::open(directory / "data/log", Access::write);
    log_id = log.id();
    script.append_to(log);
    back_up(log, backup, {.segment_bytes = 1500, .files = {}});
  }
};

auto ends_with_code(Exit code) {
  return [code](const Failure& failure) {
    BOOST_TEST_MESSAGE(failure.what());
    return failure.code() == code;
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(restoring, BackedUp)

BOOST_AUTO_TEST_CASE(at_its_end_the_log_keeps_its_id_unless_another_is_asked_for) {
  BOOST_TEST((restore(backup, back).identity == LogIdentity{log_id, {}}));
  BOOST_TEST((records_in(back) == prefix_of(script, script.head())));
  const Restored other = restore(backup, directory / "other", {{}, {}, Identity::new_log});
  BOOST_TEST(other.identity.id != log_id);
  BOOST_TEST((other.identity.forked_from == ForkedFrom{log_id, script.head(), other.head.root}));
  const Log log = Log::open(directory / "other/log", Access::read);
  BOOST_TEST(log.id() == other.identity.id);
  BOOST_TEST((log.forked_from() == other.identity.forked_from));
  BOOST_TEST((records_in(directory / "other") == records_in(back)));
}

BOOST_AUTO_TEST_CASE(a_fork_of_a_fork_names_the_nearest) {
  const Position first = script.command_ends().at(8), second = script.command_ends().at(4);
  const Restored fork = restore(backup, back, {.position = first, .recorded_by_us = {}});
  Log log = Log::open(back / "log", Access::write);
  back_up(log, directory / "backup of the fork", {});
  BOOST_TEST((restore(directory / "backup of the fork", directory / "same").identity == fork.identity));
  const Restored again =
      restore(directory / "backup of the fork", directory / "again", {.position = second, .recorded_by_us = {}});
  BOOST_TEST((again.identity.forked_from == ForkedFrom{fork.identity.id, second, again.head.root}));
}

BOOST_AUTO_TEST_CASE(the_restored_log_goes_on) {
  restore(backup, back);
  Log log = Log::open(back / "log", Access::write);
  script.command({movie_rated(1, 1, 1)});
  script.append_to(log);
  BOOST_TEST((records_in(back) == prefix_of(script, script.head())));
}

BOOST_AUTO_TEST_CASE(nothing_is_restored_over_what_is_there) {
  restore(backup, back);
  BOOST_CHECK_EXCEPTION(restore(backup, back), Failure, ends_with_code(Exit::usage));
  for (const char* name : {"state", "readmodel", "log", "thesis.txt"}) {
    const fs::path data = directory / ("with " + std::string(name));
    fs::create_directories(data / name);
    BOOST_CHECK_EXCEPTION(restore(backup, data), Failure, ends_with_code(Exit::usage));
    BOOST_TEST(std::distance(fs::directory_iterator(data), {}) == 1);
  }
  const fs::path file = directory / "file";
  write_bytes(file, "of somebody");
  BOOST_CHECK_EXCEPTION(restore(backup, file), Failure, ends_with_code(Exit::usage));
  BOOST_CHECK_EXCEPTION(restore(file, directory / "new"), Failure, ends_with_code(Exit::usage));
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_restore_left_is_no_hindrance) {
  fs::create_directories(back / "log.restoring");
  write_bytes(back / "log.restoring/data.mdb", "half");
  fs::create_directories(back / "run");
  fs::create_directories(back / "keys");
  fs::create_directories(back / "lost+found");
  write_bytes(back / "housekeeping.json", "{}");
  restore(backup, back);
  BOOST_TEST((records_in(back) == prefix_of(script, script.head())));
  BOOST_TEST(!fs::exists(back / "log.restoring"));
}

BOOST_AUTO_TEST_CASE(a_log_that_somebody_began_meanwhile_stays) {
  Restore late(backup, back);
  late.build({});
  const std::string id = Log::open(back / "log", Access::write).id();
  BOOST_CHECK_EXCEPTION(late.publish(), Failure, ends_with_code(Exit::failure));
  BOOST_TEST(Log::open(back / "log", Access::read).id() == id);
}

BOOST_AUTO_TEST_CASE(without_the_last_step_there_is_no_log) {
  { Restore(backup, back).build({}); }
  BOOST_TEST(!fs::exists(back / "log"));
  BOOST_TEST(!fs::exists(back / "log.restoring"));
  ChildProcess child([&](const auto& line) {
    Restore half(backup, back);
    half.build({});
    line.tell();
    return line.hear() ? 0 : 1;
  });
  BOOST_REQUIRE(child.line().hear());
  BOOST_CHECK_EXCEPTION(restore(backup, back), Failure, ends_with_code(Exit::held));
  child.kill();
  BOOST_TEST(!fs::exists(back / "log"));
  restore(backup, back);
  BOOST_TEST((records_in(back) == prefix_of(script, script.head())));
}

BOOST_AUTO_TEST_CASE(positions_and_times_that_the_backup_does_not_have_are_wrong_use) {
  for (const RestoreTarget& target : {RestoreTarget{.position = script.head() + 1, .recorded_by_us = {}},
                                      RestoreTarget{.position = {}, .recorded_by_us = RecordScript::first_time_us}})
    BOOST_CHECK_EXCEPTION(restore(backup, back, target), Failure, ends_with_code(Exit::usage));
  BOOST_CHECK_EXCEPTION(restore(directory / "nothing", back), Failure, ends_with_code(Exit::usage));
  BOOST_TEST(!fs::exists(back / "log"));
  const Restored nothing = restore(backup, back, {.position = 0, .recorded_by_us = {}});
  BOOST_TEST(nothing.head.size == 0u);
  BOOST_TEST(nothing.identity.id != log_id);
}

BOOST_AUTO_TEST_CASE(a_broken_origin_is_damage) {
  restore(backup, back, {.position = 1, .recorded_by_us = {}});
  BOOST_TEST(Log::open(back / "log", Access::write).forked_from().has_value());
  Log log = Log::open(back / "log", Access::write);
  log.identify({log.id(), ForkedFrom{"no id", 1, {}}});
  BOOST_CHECK_EXCEPTION(Log::open(back / "log", Access::read), Failure, ends_with_code(Exit::damaged));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(keys_are_copied_whole_private_and_never_over_others) {
  TemporaryDirectory directory;
  const fs::path from = directory / "keys", to = directory / "deep/kept";
  BOOST_CHECK_EXCEPTION(copy_keys(from, to), Failure, ends_with_code(Exit::usage));
  fs::create_directories(from);
  BOOST_TEST(copy_keys(from, to) == 0u);
  write_bytes(from / "user-1-00.key", std::string(32, 'a'));
  write_bytes(from / "user-2-00.key", std::string("\0\n", 2) + std::string(30, 'b'));
  write_bytes(from / "user-3-00.key.new", "half");
  for (int run = 0; run < 2; ++run) {
    BOOST_TEST(copy_keys(from, to) == 2u);
    BOOST_TEST(std::distance(fs::directory_iterator(to), {}) == 2);
    for (const char* name : {"user-1-00.key", "user-2-00.key"}) {
      BOOST_TEST(read_bytes(to / name) == read_bytes(from / name));
      struct stat found;
      BOOST_REQUIRE(::stat((to / name).c_str(), &found) == 0);
      BOOST_TEST((found.st_mode & 0777) == 0600u);
    }
    struct stat found;
    BOOST_REQUIRE(::stat(to.c_str(), &found) == 0);
    BOOST_TEST((found.st_mode & 0777) == 0700u);
  }
  // Not followed, and not left out without a word.
  fs::create_symlink("/etc/passwd", from / "user-4-00.key");
  BOOST_CHECK_EXCEPTION(copy_keys(from, to), Failure, ends_with_code(Exit::failure));
  BOOST_TEST(!fs::exists(to / "user-4-00.key"));
  fs::remove(from / "user-4-00.key");
  write_bytes(from / "user-1-00.key", std::string(32, 'x'));
  BOOST_CHECK_EXCEPTION(copy_keys(from, to), Failure, ends_with_code(Exit::usage));
  BOOST_TEST(read_bytes(to / "user-1-00.key") == std::string(32, 'a'));
  write_bytes(from / "user-5-00.key", std::string(5000, 'x'));
  BOOST_CHECK_THROW(copy_keys(from, directory / "elsewhere"), Failure);
}

BOOST_AUTO_TEST_CASE(a_destroyed_key_is_not_copied_and_its_sign_is) {
  TemporaryDirectory directory;
  const fs::path from = directory / "keys", kept = directory / "kept", back = directory / "back";
  fs::create_directories(from);
  for (const char* name : {"user-1-00.key", "user-2-00.key", "user-3-00.key"})
    write_bytes(from / name, std::string(32, 'a'));
  write_bytes(from / "user-1-00.destroyed", "");  // killed before the key was removed
  BOOST_TEST(copy_keys(from, kept) == 2u);
  BOOST_TEST(!fs::exists(kept / "user-1-00.key"));
  BOOST_TEST(fs::exists(kept / "user-1-00.destroyed"));
  // Where it goes, it is known that a key was destroyed after it had been copied.
  fs::create_directories(back);
  write_bytes(back / "user-2-00.destroyed", "");
  BOOST_TEST(copy_keys(kept, back) == 1u);
  BOOST_TEST(!fs::exists(back / "user-2-00.key"));
  BOOST_TEST(fs::exists(back / "user-1-00.destroyed"));
  BOOST_TEST(fs::exists(back / "user-3-00.key"));
}

BOOST_AUTO_TEST_SUITE_END()
