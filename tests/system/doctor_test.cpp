#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/time_note.h"
#include "events/text/datetime.h"
#include "projector/sqlite/sqlite.h"
#include "store/log.h"
#include "tests/support/backups.h"
#include "tests/support/data_directory.h"
#include "tests/support/root.h"
#include "tests/support/sample_events.h"
#include "tests/support/small_disk.h"

BOOST_AUTO_TEST_SUITE(doctor_test)

// `catlog doctor` on data directories in which each thing is wrong.
namespace {

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using projector::Database;
using projector::Sql;

// What it says of each thing; of several things of one kind one below the other.
struct Visit {
  int exit_code = 0;
  std::map<std::string, std::string> health, words;

  Visit(const DataDirectory& data, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"doctor", "--json"});
    const Ran ran = data.catlog(arguments);
    exit_code = ran.exit_code;
    BOOST_TEST(ran.err == "");
    for (const Row& row : read_lines(ran.out)) {
      const auto about = row.at("about").substr(1, row.at("about").size() - 2);
      if (health[about] != "fault") health[about] = row.at("health").substr(1, row.at("health").size() - 2);
      words[about] += row.at("words") + '\n';
    }
  }
  void check(const std::string& about, const std::string& how, std::string_view says) const {
    BOOST_TEST_CONTEXT(about) {
      BOOST_TEST_REQUIRE((health.count(about) == 1));
      BOOST_TEST(health.at(about) == how, words.at(about));
      BOOST_TEST(has(words.at(about), says), words.at(about));
    }
  }
};

// A log with something in it, and its read model, as they are left when nobody runs.
struct House {
  DataDirectory data{CATLOG_BIN};
  RecordScript script = small_catalogue();
  const fs::path model = data / "readmodel/current.sqlite";
  House() {
    fs::remove(data / "begin-new-log");
    append();
    data.out_of({"rebuild"});
  }
  void append() const {
    auto log = store::Log::open(data / "log", store::Access::write);
    script.append_to(log);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(of_a_catalogue_that_is_well_each_line_is_ok) {
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  data.out_of({"send"}, R"({"putGenre":{"tmdbId":16,"name":"Animation"}})");
  data.rows("SELECT 1 AS one");
  const TemporaryDirectory scratch;
  const std::string backup = scratch / "backup";
  data.out_of({"backup", backup});
  const Visit visit(data, {"--backup", backup});
  for (const auto& [about, health] : visit.health) BOOST_TEST(health == "ok", about << ": " << visit.words.at(about));
  BOOST_TEST(visit.exit_code == 0);
  BOOST_TEST(visit.health.size() >= 15u);
  const std::string text = data.out_of({"doctor", "--backup", backup});
  BOOST_TEST(has(text, "ok       disk "), text);
}

// Made before the log's first event, or by a first run that was cut.
BOOST_AUTO_TEST_CASE(a_backup_that_holds_nothing_of_the_log_is_a_warning) {
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  const TemporaryDirectory scratch;
  const std::string backup = scratch / "backup";
  data.out_of({"backup", backup});
  Visit(data, {"--backup", backup}).check("backup", "ok", "has every event");
  data.out_of({"send"}, R"({"putGenre":{"tmdbId":16,"name":"Animation"}})");
  Visit(data, {"--backup", backup}).check("backup", "warning", "holds none of the 1 events");
  data.out_of({"backup", backup});
  fs::remove(segment_file(backup, 0));
  Visit(data, {"--backup", backup}).check("backup", "fault", "it is missing");
}

BOOST_FIXTURE_TEST_SUITE(on_a_house_with_faults, House)

BOOST_AUTO_TEST_CASE(what_is_wrong_with_processes) {
  const Visit alone(data);
  alone.check("daemon", "fault", "systemctl start catlogd");
  BOOST_TEST(alone.exit_code == 6);

  Daemon daemon = data.start();
  const rlimit few{512, 512};
  BOOST_TEST_REQUIRE(::prlimit(daemon.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  Visit(data).check("descriptors", "warning", "LimitNOFILE");
  ::kill(daemon.pid(), SIGSTOP);  // it would notice, and end
  fs::remove(data / "run/replay.ipc");
  const Visit visit(data);
  ::kill(daemon.pid(), SIGCONT);
  visit.check("socket", "fault", "restart catlogd");
  BOOST_TEST(visit.exit_code == 6);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_clock) {
  events::DataDirectory directory(data.path());
  commandhandler::TimeNote(directory).keep(events::now_us() + 100LL * 24 * 3600 * 1'000'000);
  Visit(data).check("clock", "warning", "clock");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_backup) {
  Visit(data).check("backup", "warning", "--backup");
  const TemporaryDirectory scratch;
  const std::string backup = scratch / "backup", none = scratch / "none";
  Visit(data, {"--backup", none}).check("backup", "fault", none);
  data.out_of({"backup", backup});
  Visit(data, {"--backup", scratch.path().string()}).check("backup", "ok", "has every event");
  RecordScript otherwise = script;
  script.command({movie_rated(1, 1, 1)});  // long ago, as all of the script's events
  append();
  Visit(data, {"--backup", backup}).check("backup", "fault", "run `catlog backup " + backup + "`");

  // The log is put back, and goes on otherwise: a copy that goes further is of no use to it.
  const std::string further = scratch / "further";
  data.out_of({"backup", further});
  const DataDirectory back(CATLOG_BIN);
  back.out_of({"restore", backup});
  otherwise.command({movie_rated(1, 2, 2)});
  otherwise.append_to(back / "log");
  Visit(back, {"--backup", further}).check("backup", "fault", "another history");
  Visit(back, {"--backup", scratch.path().string()}).check("backup", "fault", "lacks 1 events");

  const DataDirectory other(CATLOG_BIN);
  small_catalogue().append_to(other / "log");
  Visit(other, {"--backup", backup}).check("backup", "fault", "another log");
}

BOOST_AUTO_TEST_CASE(a_log_that_was_kept_is_named) {
  BOOST_TEST(Visit(data).words.count("earlier log") == 0u);
  data.out_of({"migrate", "--log-format", "2"});
  data.out_of({"migrate", "--log-format", "3"});
  const Visit visit(data);
  visit.check("earlier log", "ok", "data.format-");
  visit.check("earlier log", "ok", "delete it");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_owners_and_modes) {
  Visit(data).check("permissions", "ok", "");
  fs::permissions(data / "log/data.mdb", fs::perms::others_read, fs::perm_options::add);
  Visit(data).check("permissions", "warning", "chmod -R o=");
  fs::create_directory(data / "keys");
  fs::permissions(data / "keys", fs::perms::owner_all | fs::perms::group_read);
  const Visit open_keys(data);
  open_keys.check("keys", "fault", "chmod -R go=");
  if (!is_root()) return;
  constexpr uid_t somebody = 65'534;
  BOOST_TEST_REQUIRE(::chown((data / "log/data.mdb").c_str(), somebody, static_cast<gid_t>(-1)) == 0);
  Visit(data).check("owner", "fault", "belong to another user");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_read_model) {
  script.command(std::vector<EventDraft>(10'001, movie_rated(1, 1, 1)));
  append();
  Visit(data).check("lag", "warning", "events behind");

  Database(model, projector::Open::write).run("CREATE INDEX somebodys ON movies(title); CREATE TABLE theirs(a)");
  const Visit changed(data);
  changed.check("schema", "fault", "table theirs was added");
  changed.check("schema", "fault", "index somebodys was added: it goes");
  {
    Database database(model, projector::Open::write);
    database.run("DROP TABLE theirs; DROP INDEX somebodys");
    std::string drops;
    projector::Statement names(database, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
    while (names.step()) drops += fmt::format("DROP INDEX {};", names.text(0));
    names.reset();
    database.run(Sql::generated(drops));
  }
  const Visit bare(data);
  bare.check("schema", "fault", "is missing");
  bare.check("reports", "warning", "for want of an index");

  data.out_of({"rebuild"});
  data.out_of({"migrate", "--to", "5"});
  Visit(data).check("schema", "warning", "of an earlier release");

  data.out_of({"migrate"});
  Database(model, projector::Open::write)
      .run(
          "CREATE TABLE filler(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 80) "
          "INSERT INTO filler SELECT zeroblob(1000000) FROM n; DROP TABLE filler;");
  Visit(data).check("free pages", "warning", "catlog rebuild");

  fs::remove_all(data / "readmodel");
  Visit(data).check("read model", "warning", "there is none");
  fs::remove_all(data / "state");
}

BOOST_AUTO_TEST_CASE(an_event_that_cannot_be_applied_is_the_first_fault) {
  const auto bad = script.command({{events::Entity::USER, 77,
                                    R"({"userRegistered":{"username":"eve","passwordHash":"none","role":"user",)"
                                    R"("isActive":true}})"}});
  append();
  Daemon daemon = data.start();
  while (read_row(data.out_of({"status", "--json"})).at("projector") == "null") {
  }
  const Visit visit(data);
  visit.check("projector", "fault", fmt::format("position {}", bad));
  BOOST_TEST(visit.exit_code == 7);
  data.out_of({"quarantine", std::to_string(bad), "--why", "no hash"});
  Visit(data).check("quarantine", "warning", "`catlog quarantine`");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_disk_without_room_is_a_fault) {
  const DataDirectory data(CATLOG_BIN);
  const auto disk = SmallDisk::mount(data.path(), 24 << 20);
  if (!disk) return;
  small_catalogue().append_to(data / "log");
  const Visit visit(data);
  visit.check("disk", "fault", "Disk full");
}

BOOST_AUTO_TEST_SUITE_END()
