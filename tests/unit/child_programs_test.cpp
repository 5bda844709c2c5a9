#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "bin/housekeeping/programs.h"
#include "tests/support/backups.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(child_programs_test)

namespace {

using namespace catlog;
using namespace catlog::housekeeping;
using namespace catlog::tests;

struct Children {
  TemporaryDirectory folder;
  events::Stop stop;

  Outcome run(const std::string& script, std::chrono::milliseconds limit = std::chrono::seconds(120)) {
    const auto program = folder / "catlog";
    write_bytes(program, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return ChildPrograms(program, folder / "data", limit, stop).run({"verify", "--deep"});
  }
};

// Of a process that was killed: it may take a moment. One that nobody waited for yet counts as gone.
bool is_gone(pid_t process) {
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begun < std::chrono::seconds(60)) {
    const std::string state = read_bytes("/proc/" + std::to_string(process) + "/stat");
    if (state.empty() || state.find(") Z") != std::string::npos) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(programs, Children)

BOOST_AUTO_TEST_CASE(a_program_gets_its_arguments_and_what_it_says_last_are_the_words) {
  const auto outcome = run("echo first >&2; echo \"$* `nice`\" >&2");
  BOOST_TEST((outcome.end == End::done));
  BOOST_TEST(outcome.words == "first; --data " + (folder / "data").string() + " verify --deep 19");
}

BOOST_AUTO_TEST_CASE(how_it_ended_and_its_last_lines_are_the_failure) {
  auto outcome =
      run("yes | head -n 100000; echo 'log: position 7 is damaged'; echo 'progress\rcatlog: sorry' >&2; exit 5");
  BOOST_TEST((outcome.end == End::failed));
  BOOST_TEST(outcome.words.starts_with("catlog verify: it ended with 5: "), outcome.words);
  BOOST_TEST(outcome.words.ends_with("log: position 7 is damaged; progress; catlog: sorry"), outcome.words);
  outcome = run("kill -BUS $$");
  BOOST_TEST(outcome.words.starts_with("catlog verify: it was ended by signal 7 (Bus error)"), outcome.words);
  std::filesystem::remove(folder / "catlog");
  outcome = ChildPrograms(folder / "catlog", folder / "data", std::chrono::seconds(1), stop).run({"verify"});
  BOOST_TEST(outcome.words.find("--catlog") != std::string::npos, outcome.words);
}

BOOST_AUTO_TEST_CASE(one_that_takes_too_long_is_ended_with_those_that_it_started) {
  const auto note = folder / "child";
  const auto outcome =
      run("sleep 600 & echo $! > " + note.string() + "; echo working >&2; wait", std::chrono::seconds(4));
  BOOST_TEST(outcome.words == "catlog verify: it took longer than 4 s and was ended: working");
  BOOST_TEST(is_gone(std::stoi(read_bytes(note))));
}

// Also one that does not listen to SIGTERM.
BOOST_AUTO_TEST_CASE(the_stop_ends_one_at_once) {
  const auto note = folder / "child";
  const auto begun = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    while (read_bytes(note).empty()) std::this_thread::yield();
    stop.set();
  });
  const auto outcome = run("trap '' TERM; sleep 600 & echo $! > " + note.string() + "; wait");
  BOOST_TEST((outcome.end == End::stopped));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(60)));
  BOOST_TEST((run("true").end == End::stopped));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
