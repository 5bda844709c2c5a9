#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/support/data_directory.h"
#include "tests/support/run.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(output_test)

// What a program says that has done something and cannot write what it answers.

using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr const char* movie = R"({"putMovie":{"tmdbId":7,"title":"Seven","overview":"","releaseDate":"1995-09-22",)"
                              R"("poster":"","backdrop":"","imdbId":"tt0114369","runtime":127}})";

enum class Stdout { full, unread };
constexpr Stdout each_stdout[] = {Stdout::full, Stdout::unread};

// Runs a program in a shell, which has let go of the reading end of the pipe before that program begins.
Ran run_to(Stdout to, const std::string& program) {
  if (to == Stdout::full) return run({"/bin/sh", "-c", "exec " + program + " > /dev/full"});
  const TemporaryDirectory folder;
  return run(
      {"/bin/sh", "-c",
       fmt::format("mkfifo {0} && exec 3<>{0} 4>{0} 3<&- && exec {1} >&4 4>&-", (folder / "pipe").string(), program)});
}

std::string catlog_on(const DataDirectory& data) {
  return fmt::format("{}/catlog --data {} ", CATLOG_BIN, data.path().string());
}

constexpr int sigpipe = -13;

class IgnoredSigpipe {
 public:
  IgnoredSigpipe() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  IgnoredSigpipe(const IgnoredSigpipe&) = delete;
  ~IgnoredSigpipe() { std::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_became_of_a_single_command_is_told_where_its_receipt_cannot_be_written) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon = data.start();
  data.out_of({"send"}, movie);
  int number = 0;
  for (const Stdout to : each_stdout) {
    const auto add = [&](int tmdb_id) {
      return run_to(to, catlog_on(data) + fmt::format("source add --movie tmdb:{} --magnet "
                                                      "'magnet:?xt=urn:btih:{:040}&dn=Seven+1080p+WEB'",
                                                      tmdb_id, ++number));
    };
    const auto before = data.head();
    const Ran added = add(7);
    BOOST_TEST(added.exit_code == 4, added.err);
    BOOST_TEST(has(added.err, fmt::format("was accepted: positions {} to {}", before + 1, data.head())), added.err);
    const std::string id = read_lines(data.out_of({"log", "--from", std::to_string(before + 1)})).at(0).at("commandId");
    BOOST_TEST(has(added.err, fmt::format("the command {} was accepted", id.substr(1, id.size() - 2))), added.err);
    const Ran refused = add(8);
    BOOST_TEST(refused.exit_code == 4, refused.err);
    BOOST_TEST(has(refused.err, " was refused: "), refused.err);
  }
}

BOOST_AUTO_TEST_CASE(what_has_done_something_ends_with_4_where_nobody_reads_its_answer) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon = data.start();
  data.out_of({"send"}, movie);
  const TemporaryDirectory folder;
  int number = 0;
  for (const Stdout to : each_stdout) {
    ++number;
    const std::string backup = folder / fmt::format("backup{}", number);
    for (const std::string& command : std::vector<std::string>{
             "import tmdb /dev/null", "backup " + backup, "verify",
             fmt::format("restore {} --data {}", backup, (folder / fmt::format("restored{}", number)).string())}) {
      const Ran ran = run_to(to, (command.starts_with("restore") ? CATLOG_BIN "/catlog " : catlog_on(data)) + command);
      BOOST_TEST(ran.exit_code == 4, fmt::format("{}: {} {}", command, ran.exit_code, ran.err));
      BOOST_TEST(has(ran.err, "catlog: cannot write to the standard output"), ran.err);
    }
  }
}

// What it would change is shown before it is: who could not read it has not agreed.
BOOST_AUTO_TEST_CASE(a_rebuild_that_cannot_show_the_differences_does_not_switch) {
  const DataDirectory data(CATLOG_BIN);
  {
    Daemon daemon = data.start();
    data.out_of({"send"}, movie);
    data.rows("SELECT 1");
    BOOST_TEST(daemon.terminate() == 0);
  }
  const auto live = std::filesystem::canonical(data / "readmodel" / "current.sqlite");
  BOOST_TEST(run({"/usr/bin/python3", "-c",
                  "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(\"UPDATE movies SET title = "
                  "'Other'\"); c.commit()",
                  live.string()})
                 .exit_code == 0);
  for (const Stdout to : each_stdout) {
    const Ran ran = run_to(to, catlog_on(data) + "rebuild --diff");
    BOOST_TEST(ran.exit_code == 4, ran.err);
    BOOST_TEST(has(ran.err, "nothing is switched"), ran.err);
    BOOST_TEST(std::filesystem::canonical(data / "readmodel" / "current.sqlite") == live);
  }
  BOOST_TEST(data.catlog({"rebuild", "--diff"}).exit_code == 1);
}

// Else what follows says something of the runner.
BOOST_AUTO_TEST_CASE(what_a_suite_starts_does_not_ignore_sigpipe_where_the_suites_runner_does) {
  const IgnoredSigpipe runner;
  const Ran ran = run({"/bin/sh", "-c", "kill -PIPE $$; echo ignored"});
  BOOST_TEST(ran.exit_code == sigpipe, ran.out);
}

// As of any program in a pipeline.
BOOST_AUTO_TEST_CASE(what_only_reads_ends_by_sigpipe_where_nobody_reads_it) {
  const DataDirectory data(CATLOG_BIN);
  const Daemon daemon = data.start();
  data.out_of({"send"}, movie);
  for (const char* command : {"log", "status", "tail", "tail --from 1", "tail --from 1 --count 1", "describe",
                              "version-of movies/tmdb:7", "version-of movies/tmdb:8"}) {
    const Ran ran = run_to(Stdout::unread, catlog_on(data) + command);
    BOOST_TEST(ran.exit_code == sigpipe, fmt::format("{}: {} {}", command, ran.exit_code, ran.err));
  }
  BOOST_TEST(run_to(Stdout::full, catlog_on(data) + "version-of movies/tmdb:7").exit_code == 4);
}

BOOST_AUTO_TEST_CASE(the_programs_that_stay_say_that_their_help_cannot_be_written) {
  for (const char* program : {"catlogd", "catlog-torrent"})
    for (const Stdout to : each_stdout)
      for (const char* option : {"--help", "--version"}) {
        const Ran ran = run_to(to, fmt::format("{}/{} {}", CATLOG_BIN, program, option));
        BOOST_TEST(ran.exit_code == 4, fmt::format("{} {}: {} {}", program, option, ran.exit_code, ran.err));
        BOOST_TEST(has(ran.err, "cannot write to the standard output"), ran.err);
      }
}

// Its log goes to stderr: by hand that may be a pipe.
BOOST_AUTO_TEST_CASE(a_daemon_outlives_whoever_read_its_log) {
  const DataDirectory data(CATLOG_BIN);
  const TemporaryDirectory folder;
  const std::string pipe = folder / "pipe";
  const Ran ran = run({"/bin/sh", "-c",
                       fmt::format("mkfifo {0} && exec 3<>{0} 4>{0} 3<&-\n"
                                   "{1}/catlogd --data {2} >&4 2>&4 4>&- &\n"
                                   "daemon=$!\n"
                                   "exec 4>&-\n"
                                   "while kill -0 $daemon && [ ! -S {2}/run/commands.ipc ]; do :; done\n"
                                   "{1}/catlog --data {2} send\n"
                                   "kill $daemon; wait $daemon; echo ended with $?\n",
                                   pipe, CATLOG_BIN, data.path().string())},
                      movie);
  BOOST_TEST(has(ran.out, "\"accepted\""), ran.out);
  BOOST_TEST(has(ran.out, "ended with 0"), ran.out);
}

BOOST_AUTO_TEST_SUITE_END()
