#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "events/text/datetime.h"
#include "tests/support/backups.h"
#include "tests/support/chance.h"
#include "tests/support/commands.h"
#include "tests/support/data_directory.h"
#include "tests/support/housekeeping_year.h"
#include "tests/support/run.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torrents/torrents.h"

BOOST_AUTO_TEST_SUITE(housekeeping_test)

namespace {

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

// Of a task whose program has what others leave of the processor.
constexpr std::chrono::seconds longest{240};

// Looks again and again, until it is so; between two looks the task gets on.
bool comes(const std::function<bool()>& is_so) { return comes_true(is_so, longest); }

struct House {
  DataDirectory data{CATLOG_BIN};
  TemporaryDirectory other;

  // A member of a task's record, as JSON; "" when there is no such task.
  std::string task(const std::string& name, const std::string& member) const {
    const std::string status = data.out_of({"status", "--json"});
    simdjson::dom::parser parser;
    for (const simdjson::dom::element each : parser.parse(status)["housekeeping"]["tasks"].get_array().value())
      if (each["task"].get_string().value() == name) return simdjson::minify(each[member].value());
    return {};
  }
  bool has_run(const std::string& name) const { return task(name, "lastSuccess").starts_with('"'); }
  std::vector<fs::path> copies() const {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(other / "backups")) folders.push_back(entry.path());
    return folders;
  }
  int verify(const fs::path& copy) const { return data.catlog({"backup", copy.string(), "--verify"}).exit_code; }
  void script(const std::string& text) const {
    write_bytes(other / "program", "#!/bin/sh\n" + text + "\n");
    fs::permissions(other / "program", fs::perms::owner_all);
  }
  std::vector<std::string> with_all() const {
    fs::create_directories(other / "backups");
    return {"--expire-tokens",
            "1s",
            "--purge-audit",
            "1s",
            "--audit-critical-days",
            "36500",
            "--tidy",
            "1s",
            "--optimize",
            "1s",
            "--verify",
            "1s",
            "--backup",
            "1s",
            "--backup-directory",
            (other / "backups").string()};
  }
};

std::string count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return std::to_string(count);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(of_a_daemon, House)

BOOST_AUTO_TEST_CASE(each_task_runs_and_status_says_so_also_when_the_daemon_is_gone) {
  {
    Daemon before = data.start();  // so that each copy holds something
    data.out_of({"send", "-"},
                user_fields().as("registerUser") + "\n" +
                    token_fields().with("expiresAt", "\"2026-01-01T00:00:00Z\"").as("issueRefreshToken"));
    BOOST_TEST(before.terminate() == 0);
  }
  {
    Daemon daemon = data.start(with_all());
    for (const char* name : {"expire-tokens", "purge-audit", "tidy", "optimize", "verify", "backup"})
      BOOST_TEST(comes([&] { return has_run(name); }), name << ": " << task(name, "failure"));
    BOOST_TEST(comes([&] { return copies().size() == 2; }));  // so that the stop may cut one
    // The token was expired by a service that says its name.
    BOOST_TEST(comes([&] { return !data.out_of({"log", "--correlation", "housekeeping/expire-tokens"}).empty(); }));
    BOOST_TEST(has(data.out_of({"log", "--correlation", "housekeeping/expire-tokens"}),
                   R"("userAgent":"catlogd housekeeping )"));
    BOOST_TEST(daemon.terminate() == 0);
    BOOST_TEST(!has(daemon.err(), "failed"), daemon.err());
  }
  const std::string text = data.out_of({"status"});
  BOOST_TEST(has(text, "\nbackup      last 20"), text);
  BOOST_TEST(!has(text, "warning"), text);
  BOOST_TEST(task("verify", "overdue") == "false");
  size_t whole = 0;
  for (const fs::path& copy : copies()) {
    // One that was cut has no manifest, or for a moment one that names nothing.
    if (!store::has_manifest(copy) || store::read_manifest(copy).last() == 0) continue;
    BOOST_TEST(verify(copy) == 0, copy);
    ++whole;
  }
  BOOST_TEST(whole > 0u);
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM refresh_tokens").at(0).at("n") == "0");
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM sqlite_schema").size() == 1u);
  BOOST_TEST(data.catlog({"verify", "--deep"}).exit_code == 0);
  // Another start goes on from it.
  const std::string before = task("backup", "lastSuccess");
  auto arguments = with_all();
  for (auto& argument : arguments)
    if (argument == "1s") argument = "30d";
  Daemon daemon = data.start(arguments);
  BOOST_TEST(task("backup", "lastSuccess") == before);
  BOOST_TEST(task("backup", "timetable") == "\"30d\"");
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_once_and_stays_in_status) {
  script("echo 'catlog: the disk is on fire' >&2; exit 4");
  Daemon daemon = data.start({"--verify", "1s", "--catlog", (other / "program").string()});
  BOOST_TEST(
      comes([&] { return task("verify", "failuresInARow") > "1" && task("verify", "failuresInARow") != "null"; }));
  BOOST_TEST(count_of(daemon.err(), "verify failed") == "1");
  const std::string words = "catlog verify: it ended with 4: catlog: the disk is on fire";
  BOOST_TEST(task("verify", "failure") == '"' + words + '"');
  BOOST_TEST(has(data.out_of({"status"}), words));
  BOOST_TEST(daemon.terminate() == 0);
}

// What kills a reader does not kill the daemon, which goes on taking commands.
BOOST_AUTO_TEST_CASE(a_program_that_dies_is_a_failure_and_nothing_else) {
  script("kill -BUS $$");
  Daemon daemon = data.start({"--verify", "1s", "--catlog", (other / "program").string()});
  BOOST_TEST(comes([&] { return has(task("verify", "failure"), "signal 7"); }));
  BOOST_TEST(data.catlog({"send", "-"}, user_fields().as("registerUser")).exit_code == 0);
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(the_daemons_stop_ends_what_runs_and_counts_it_as_no_run) {
  script("echo $$ > " + (other / "process").string() + "; exec sleep 600");
  Daemon daemon = data.start({"--verify", "1s", "--catlog", (other / "program").string()});
  BOOST_TEST(comes([&] { return !read_bytes(other / "process").empty(); }));
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(50)));
  BOOST_TEST(!fs::exists(fs::path("/proc") / std::to_string(std::stoi(read_bytes(other / "process")))));
  BOOST_TEST(task("verify", "lastRun") == "null");
}

BOOST_AUTO_TEST_CASE(a_copy_that_the_stop_cut_before_its_first_word_is_taken_up_by_the_next_run) {
  fs::create_directories(other / "backups");
  {
    Daemon before = data.start();
    data.out_of({"send"}, R"({"putGenre":{"tmdbId":16,"name":"Animation"}})");
    BOOST_TEST(before.terminate() == 0);
  }
  const std::vector<std::string> one_copy{"--backup",        "1s", "--backup-directory", (other / "backups").string(),
                                          "--backup-copies", "1"};
  {
    script("mkdir \"$4\"; exec sleep 600");  // --data DATA backup COPY
    auto arguments = one_copy;
    arguments.insert(arguments.end(), {"--catlog", (other / "program").string()});
    Daemon daemon = data.start(arguments);
    BOOST_TEST_REQUIRE(comes([&] { return !copies().empty(); }));
    BOOST_TEST(daemon.terminate() == 0);
  }
  const auto cut = copies();
  BOOST_TEST_REQUIRE(cut.size() == 1u);
  BOOST_TEST(verify(cut.front()) == 2);
  Daemon daemon = data.start(one_copy);
  BOOST_TEST(comes([&] { return has_run("backup"); }), task("backup", "failure"));
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST((copies() == cut));
  BOOST_TEST(verify(cut.front()) == 0);
}

BOOST_AUTO_TEST_CASE(a_killed_daemon_leaves_nothing_running) {
  script("echo $$ > " + (other / "process").string() + "; exec sleep 600");
  Daemon daemon = data.start({"--verify", "1s", "--catlog", (other / "program").string()});
  BOOST_TEST(comes([&] { return !read_bytes(other / "process").empty(); }));
  daemon.kill();
  const auto stat = fs::path("/proc") / std::to_string(std::stoi(read_bytes(other / "process"))) / "stat";
  BOOST_TEST(comes([&] { return read_bytes(stat).empty() || has(read_bytes(stat), ") Z"); }));
}

BOOST_AUTO_TEST_CASE(a_backup_that_is_older_than_it_should_be_is_a_warning) {
  data.start().terminate();
  const auto days_ago = [](int64_t days) {
    return events::to_rfc3339(events::now_us() - days * 24 * 3'600 * int64_t{1'000'000});
  };
  const auto record = [&](int64_t days) {
    write_bytes(data / "housekeeping.json",
                fmt::format(R"({{"format":1,"tasks":[{{"task":"backup","timetable":"02:30","zone":"utc","since":"{}",)"
                            R"("lastRun":"{}","lastSuccess":"{}","lastFailure":null,"failuresInARow":0,)"
                            R"("unfinished":false,"nextRun":"{}","tookMs":7,"result":"whole","failure":null}}]}})",
                            days_ago(90), days_ago(days), days_ago(days), days_ago(days - 1)));
  };
  record(1);
  BOOST_TEST(!has(data.out_of({"status"}), "overdue"));
  record(3);
  BOOST_TEST(has(data.out_of({"status"}), "backup is overdue"));
  BOOST_TEST(task("backup", "overdue") == "true");
  write_bytes(data / "housekeeping.json", "{");
  BOOST_TEST(has(data.out_of({"status"}), "is not a record of housekeeping"));
  BOOST_TEST(has(data.out_of({"status", "--json"}), R"("housekeeping":{"tasks":[],"fault":")"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused_at_the_start) {
  for (const std::vector<std::string>& bad : {std::vector<std::string>{"--backup", "02:30"},
                                              {"--purge-audit", "1h"},
                                              {"--verify", "sunday"},
                                              {"--expire-tokens", "0s"},
                                              {"--housekeeping-zone", "mars"},
                                              {"--backup-copies", "0"},
                                              {"--tidy", ""}}) {
    const Ran ran = data.daemon(bad);
    BOOST_TEST(ran.exit_code == 2, bad.front() << ": " << ran.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()

// A month of a small catalogue, or CATLOG_DAYS of it; in ops/soak a year of one as large as Miauflix's.
BOOST_AUTO_TEST_CASE(what_housekeeping_keeps_stays_within_what_the_runbook_says) {
  const TemporaryDirectory data, backups;
  const bool is_soak = std::getenv("CATLOG_SOAK") != nullptr;
  const Growth month{.users = 20,
                     .sources = 300,
                     .requests_a_day = 500,
                     .observations_a_day = 100,
                     .info_days = 7,
                     .warning_days = 14};
  const Growth growth = is_soak ? Growth() : month;
  HousekeepingYear year(data.path(), backups.path(), growth);
  const uint64_t days = from_environment("CATLOG_DAYS", is_soak ? 365 : 31);
  for (uint64_t day = 0; day < days; ++day) year.live_a_day();
  const Sizes sizes = year.sizes();
  BOOST_TEST_MESSAGE("figures: " << days << " days of housekeeping: " << to_text(sizes));
  BOOST_TEST(beyond(sizes, growth).empty(), beyond(sizes, growth));
  BOOST_TEST(year.difference() == "");
  for (const char* task : {"expire-tokens", "purge-audit", "backup", "verify", "optimize", "tidy"}) {
    BOOST_TEST(year.runs(task).all > 3u, task);
    BOOST_TEST(year.runs(task).failed == 0u, task);
  }
  BOOST_TEST(has(read_bytes(CATLOG_SOURCE "/ops/RUNBOOK.md"), may_grow_table()), may_grow_table());
}

BOOST_AUTO_TEST_SUITE_END()
