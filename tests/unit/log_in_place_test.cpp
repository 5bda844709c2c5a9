#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <thread>

#include "store/log.h"
#include "store/state_store.h"
#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(log_in_place_test)

// A log that is taken away from under its writer: noticed after the commit, before anybody is told of it.

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

void check_noticed(const char* how, const std::function<void(const fs::path& log)>& take_away) {
  const TemporaryDirectory data;
  const fs::path directory = data / "log";
  Log log = Log::open(directory, Access::write);
  append(log, 0, {fake_record(3, 1)});
  BOOST_CHECK_NO_THROW(log.check_in_place());
  take_away(directory);
  BOOST_TEST_CONTEXT(how)
  BOOST_CHECK_EXCEPTION(log.check_in_place(), Failure, [](const Failure& failure) {
    BOOST_TEST_MESSAGE(failure.what());
    return failure.code() == Exit::failure;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_log_that_is_not_in_its_place_any_more_is_noticed) {
  check_noticed("the directory was moved", [](const fs::path& log) { fs::rename(log, log.string() + ".gone"); });
  check_noticed("the directory above it was moved", [](const fs::path& log) {
    fs::rename(log.parent_path(), log.parent_path().string() + ".gone");
    fs::rename(log.parent_path().string() + ".gone", log.parent_path().string() + ".further");
    fs::remove_all(log.parent_path().string() + ".further");
  });
  check_noticed("the directory was removed", [](const fs::path& log) { fs::remove_all(log); });
  check_noticed("moved, and a copy put in its place", [](const fs::path& log) {
    fs::rename(log, log.string() + ".gone");
    fs::copy(log.string() + ".gone", log);
  });
  check_noticed("a link to elsewhere", [](const fs::path& log) {
    fs::rename(log, log.string() + ".gone");
    fs::copy(log.string() + ".gone", log.string() + ".copy");
    fs::create_directory_symlink(log.string() + ".copy", log);
  });
  check_noticed("the file was replaced", [](const fs::path& log) {
    fs::copy(log / "data.mdb", log / "copy");
    fs::rename(log / "copy", log / "data.mdb");
  });
  check_noticed("LMDB's lock file was removed", [](const fs::path& log) { fs::remove(log / "lock.mdb"); });
  check_noticed("the writer's lock file was removed", [](const fs::path& log) { fs::remove(log / "writer.lock"); });
  check_noticed("the file was cut",
                [](const fs::path& log) { fs::resize_file(log / "data.mdb", fs::file_size(log / "data.mdb") - 4096); });
}

BOOST_AUTO_TEST_CASE(a_log_that_was_moved_and_moved_back_goes_on) {
  const TemporaryDirectory data;
  Log log = Log::open(data / "log", Access::write);
  fs::rename(data / "log", data / "elsewhere");
  append(log, 0, {fake_record(3, 1)});
  fs::rename(data / "elsewhere", data / "log");
  BOOST_CHECK_NO_THROW(log.check_in_place());
  append(log, 1, {fake_record(3, 2)});
  BOOST_TEST(Log::open(data / "log", Access::read).head() == 2u);
}

// The commit after the cut would make the file as long as it was, with nothing where something was.
BOOST_AUTO_TEST_CASE(a_cut_file_is_noticed_before_the_next_commit_grows_it) {
  const TemporaryDirectory data;
  Log log = Log::open(data / "log", Access::write);
  append(log, 0, FakeRecords(10, fake_record(2'000, 1)));
  log.check_in_place();
  fs::resize_file(data / "log" / "data.mdb", fs::file_size(data / "log" / "data.mdb") - 4096);
  BOOST_CHECK_THROW(append(log, 10, {fake_record(20'000, 2)}), Failure);
}

// What a start has still to read before the first look may take long.
BOOST_AUTO_TEST_CASE(a_file_that_was_cut_before_anybody_looked_is_noticed) {
  for (const bool looks : {true, false}) {
    const TemporaryDirectory data;
    {
      Log log = Log::open(data / "log", Access::write);
      append(log, 0, FakeRecords(10, fake_record(2'000, 1)));
    }
    Log log = Log::open(data / "log", Access::write);
    fs::resize_file(data / "log" / "data.mdb", fs::file_size(data / "log" / "data.mdb") - 4096);
    if (looks)
      BOOST_CHECK_THROW(log.check_in_place(), Failure);
    else
      BOOST_CHECK_THROW(append(log, 10, {fake_record(20'000, 2)}), Failure);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_grows_while_others_look_was_not_cut) {
  const TemporaryDirectory data;
  Log log = Log::open(data / "log", Access::write);
  std::atomic<bool> is_over = false;
  std::atomic<int> complaints = 0;
  const auto look = [&] {
    while (!is_over) try {
        log.check_in_place();
      } catch (const Failure&) {
        ++complaints;
      }
  };
  std::thread one(look), other(look);
  for (Position head = 0; head < 300; ++head) append(log, head, {fake_record(2'000, head)});
  is_over = true;
  one.join();
  other.join();
  BOOST_TEST(complaints == 0);
}

BOOST_AUTO_TEST_CASE(the_pages_of_a_file_that_was_replaced_are_not_looked_at_for_ever) {
  const TemporaryDirectory data;
  Log log = Log::open(data / "log", Access::write);
  append(log, 0, {fake_record(3, 1)});
  const fs::path file = data / "log" / "data.mdb";
  fs::copy(file, data / "copy");
  fs::rename(data / "copy", file);
  append(log, 1, {fake_record(3, 2)});
  append(log, 2, {fake_record(3, 3)});
  BOOST_CHECK_EXCEPTION(log.check_pages(1), Failure, [](const Failure& failure) {
    return std::string(failure.what()).find("is another file now") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
