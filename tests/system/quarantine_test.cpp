#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "projector/query/reports.h"
#include "projector/sqlite/sqlite.h"
#include "store/log.h"
#include "tests/support/data_directory.h"
#include "tests/support/records.h"
#include "tests/support/sample_events.h"

BOOST_AUTO_TEST_SUITE(quarantine_test)

// A record that the read model's constraints refuse, in a real log, and the real programs.
namespace {

using namespace catlog;
using namespace catlog::tests;

constexpr const char* secret = "hunter2-is-no-hash";

// A log with something sound, an event that no read model can take, and something sound after it.
struct House {
  DataDirectory data{CATLOG_BIN};
  RecordScript script = small_catalogue();
  events::Position unappliable = 0, last = 0;
  std::string at;  // the unappliable event's position

  House() {
    script.command({movie_rated(1, 3, 3)});
    unappliable =
        script.command({{events::Entity::USER, 77,
                         fmt::format(R"({{"userRegistered":{{"username":"eve","passwordHash":"{}","role":"user",)"
                                     R"("isActive":true}}}})",
                                     secret)}});
    last = script.command({movie_rated(1, 4, 4)});
    auto log = store::Log::open(data / "log", store::Access::write);
    script.append_to(log);
    at = std::to_string(unappliable);
  }

  Row status() const { return read_row(data.out_of({"status", "--json"})); }
  // Asks for the status until the note of a stop is there (or gone), as a person would.
  Row status_with(bool is_stopped) const {
    for (const auto limit = std::chrono::steady_clock::now() + longest_start;;) {
      Row row = status();
      if ((row.at("projector") != "null") == is_stopped) return row;
      BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() < limit));
    }
  }
  std::string send_genre(int number) const {
    return data.out_of({"send"}, fmt::format(R"({{"putGenre":{{"tmdbId":{},"name":"Genre"}}}})", 9000 + number));
  }
  void check_stopped_at_the_unappliable(const Row& row) const {
    const Row projector = read_row(row.at("projector"));
    BOOST_TEST(projector.at("stoppedAt") == at);
    BOOST_TEST(projector.at("exitCode") == "7");
    BOOST_TEST(has(projector.at("reason"), "constraint failed"), projector.at("reason"));
    BOOST_TEST(!has(projector.at("reason"), secret));
    BOOST_TEST(row.at("projectedPosition") == std::to_string(unappliable - 1));
    const std::string text = data.out_of({"status"});
    BOOST_TEST(has(text, "position " + at), text);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(quarantine, House)

BOOST_AUTO_TEST_CASE(the_projector_alone_ends_with_7_and_status_says_why_afterwards) {
  for (int start = 0; start < 2; ++start) {  // again changes nothing
    const Ran ran = data.daemon({"--only", "projector"});
    BOOST_TEST(ran.exit_code == 7);
    BOOST_TEST(has(ran.err, "position " + at), ran.err);
    BOOST_TEST(!has(ran.err, secret));
    check_stopped_at_the_unappliable(status());
  }
  data.out_of({"quarantine", at, "--why", "no hash"});
  Daemon projector = data.start({"--only", "projector"});
  BOOST_TEST(data.rows("SELECT rating AS r FROM movies WHERE id = 1").at(0).at("r") == "4");
  status_with(false);
  BOOST_TEST(projector.terminate() == 0, projector.err());
}

BOOST_AUTO_TEST_CASE(from_the_stop_to_the_list_and_back) {
  Daemon daemon = data.start();
  check_stopped_at_the_unappliable(status_with(true));
  // Commands are taken meanwhile.
  BOOST_TEST(has(send_genre(1), "accepted"));
  BOOST_TEST(data.head() == last + 1);
  BOOST_TEST(status().at("projectedPosition") == std::to_string(unappliable - 1));

  // The projector takes the list while it stands.
  const Ran added = data.catlog({"quarantine", at, "--why", "no hash, by a broken importer"});
  BOOST_TEST(added.exit_code == 0, added.err);
  BOOST_TEST(has(added.err, "userRegistered of users/77"), added.err);
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM users WHERE id = 77").at(0).at("n") == "0");
  const Row row = status_with(false);
  BOOST_TEST(read_row(row.at("quarantine")).at("listed") == "[" + at + "]");
  BOOST_TEST(read_row(row.at("quarantine")).at("leftOut") == "[" + at + "]");
  BOOST_TEST(read_row(row.at("quarantine")).at("rebuildNeeded") == "false");
  BOOST_TEST(has(daemon.err(), "the projector goes on"), daemon.err());

  // It is seen everywhere.
  const std::string footer = "without 1 quarantined event: " + at + " (no hash, by a broken importer)";
  for (const auto& report : projector::reports()) {
    BOOST_TEST(has(data.out_of({"report", std::string(report.name)}), footer), report.name);
    BOOST_TEST(has(data.out_of({"report", std::string(report.name), "--format", "markdown"}), footer), report.name);
    for (const char* format : {"csv", "json"}) {
      const Ran ran = data.catlog({"report", std::string(report.name), "--format", format});
      BOOST_TEST(has(ran.err, footer), ran.err);
      BOOST_TEST(!has(ran.out, "quarantined"), ran.out);
    }
  }
  BOOST_TEST(has(data.catlog({"sql", "SELECT 1"}).err, footer));
  BOOST_TEST(has(data.catlog({"sql", "SELECT 1", "--as-of", std::to_string(last)}).err, footer));
  BOOST_TEST(has(data.out_of({"status"}), footer));
  BOOST_TEST(has(data.out_of({"quarantine"}), "no hash, by a broken importer"));
  const Row listed = read_row(data.out_of({"quarantine", "--json"}));
  BOOST_TEST(listed.at("position") == at);
  BOOST_TEST(listed.at("event") == "\"userRegistered of users/77\"");

  // All agree.
  const Ran verified = data.catlog({"verify"});
  BOOST_TEST(verified.exit_code == 0, verified.out << verified.err);
  BOOST_TEST(has(verified.err, footer), verified.err);
  const Ran rebuilt = data.catlog({"rebuild", "--diff"});
  BOOST_TEST(rebuilt.exit_code == 0, rebuilt.out << rebuilt.err);
  BOOST_TEST(has(rebuilt.err, "1 quarantined"), rebuilt.err);
  BOOST_TEST(data.catlog({"verify"}).exit_code == 0);

  // Off the list: the read model as it is says so, and a rebuild stops where the projector did.
  const Ran removed = data.catlog({"quarantine", "--remove", at});
  BOOST_TEST(removed.exit_code == 0, removed.err);
  BOOST_TEST(has(removed.err, "catlog rebuild"), removed.err);
  BOOST_TEST(read_row(status().at("quarantine")).at("rebuildNeeded") == "true");
  const Ran refused = data.catlog({"rebuild"});
  BOOST_TEST(refused.exit_code == 7);
  BOOST_TEST(has(refused.err, "position " + at), refused.err);
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(a_stop_of_the_whole_daemon_exits_with_7) {
  Daemon daemon = data.start();
  status_with(true);
  BOOST_TEST(daemon.terminate() == 7);
  check_stopped_at_the_unappliable(status());
  Daemon again = data.start();  // and comes up again, for commands
  BOOST_TEST(has(send_genre(1), "accepted"));
  data.out_of({"quarantine", at, "--why", "no hash"});
  BOOST_TEST(data.rows("SELECT rating AS r FROM movies WHERE id = 1").at(0).at("r") == "4");
  BOOST_TEST(again.terminate() == 0, again.err());
}

BOOST_AUTO_TEST_CASE(an_event_that_was_applied_is_taken_out_and_in_by_a_rebuild) {
  data.out_of({"quarantine", at, "--why", "no hash"});
  Daemon daemon = data.start();
  const auto rating = [&] { return data.rows("SELECT rating AS r FROM movies WHERE id = 1").at(0).at("r"); };
  BOOST_TEST(rating() == "4");
  const std::string sound = std::to_string(last);
  const Ran added = data.catlog({"quarantine", sound, "--why", "a wrong rating"});
  const std::string taken_out = "`catlog rebuild --data " + data.path().string() + "` takes it out";
  BOOST_TEST(has(added.err, taken_out), added.err);
  const Ran differs = data.catlog({"verify"});
  BOOST_TEST(differs.exit_code == 1);
  BOOST_TEST(has(differs.out, sound + "; " + taken_out), differs.out);
  BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);
  BOOST_TEST(rating() == "3");
  BOOST_TEST(data.catlog({"verify"}).exit_code == 0);
  data.out_of({"quarantine", "--remove", sound});
  BOOST_TEST(data.catlog({"verify"}).exit_code == 1);
  BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);
  BOOST_TEST(rating() == "4");
  BOOST_TEST(data.catlog({"verify"}).exit_code == 0);
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(a_damaged_list_is_named_and_nothing_goes_on_without_it) {
  std::ofstream(data / "quarantine.json") << "{";
  const Ran projector = data.daemon({"--only", "projector"});
  BOOST_TEST(projector.exit_code == 5);
  BOOST_TEST(has(projector.err, "quarantine.json"), projector.err);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"quarantine"},
                                             {"rebuild"},
                                             {"verify"},
                                             {"quarantine", at, "--why", "w"},
                                             {"sql", "SELECT 1", "--as-of", "3"}}) {
    const Ran ran = data.catlog(command);
    BOOST_TEST(ran.exit_code == 5, command.front());
    BOOST_TEST(has(ran.err, "quarantine.json"), ran.err);
  }
  // With the other loops beside it, commands are taken; the list as it should be makes the projector go on.
  Daemon daemon = data.start();
  BOOST_TEST(read_row(status_with(true).at("projector")).at("exitCode") == "5");
  BOOST_TEST(has(send_genre(1), "accepted"));
  std::filesystem::remove(data / "quarantine.json");
  data.out_of({"quarantine", at, "--why", "no hash"});
  BOOST_TEST(data.rows("SELECT rating AS r FROM movies WHERE id = 1").at(0).at("r") == "4");
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(what_the_command_refuses) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{std::to_string(last + 1), "--why", "w"},
                                             {"0", "--why", "w"},
                                             {"-1", "--why", "w"},
                                             {"1"},
                                             {"1", "--why", " "},
                                             {"1", "--why", std::string(2'000, 'w')},
                                             {"1", "1", "--why", "w"},
                                             {"1", std::to_string(last + 1), "--why", "w"},
                                             {"1", "--why", "w", "--remove", "1"},
                                             {"--remove", "1"}}) {
    std::vector<std::string> command{"quarantine"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Ran ran = data.catlog(command);
    BOOST_TEST(ran.exit_code == 2, ran.err);
    BOOST_TEST(!ran.err.empty());
    BOOST_TEST(!has(ran.err, "quarantined position"), ran.err);
  }
  BOOST_TEST(!std::filesystem::exists(data / "quarantine.json"));
}

BOOST_AUTO_TEST_CASE(verify_says_where_the_projector_stands_whether_it_runs_or_not) {
  const auto check = [&](const std::vector<std::string>& command) {
    const Ran ran = data.catlog(command);
    BOOST_TEST(ran.exit_code == 7, ran.out << ran.err);
    BOOST_TEST(has(ran.out, "projector: the projector stands still: the event at position " + at), ran.out);
    BOOST_TEST(!has(ran.out, "ok\n"), ran.out);
    BOOST_TEST(!has(ran.out, secret));
  };
  for (int start = 0; start < 2; ++start) {
    Daemon daemon = data.start();
    status_with(true);
    check({"verify"});
    check({"verify", "--deep"});
    BOOST_TEST(daemon.terminate() == 7);
    check_stopped_at_the_unappliable(status());
    check({"verify"});
  }
  std::filesystem::remove(data / "run" / "projector-status.json");
  check({"verify", "--deep"});  // it tries what comes next
  const Ran behind = data.catlog({"verify"});
  BOOST_TEST(has(behind.err, "events behind the log"), behind.err);
  data.out_of({"quarantine", at, "--why", "no hash"});
  Daemon daemon = data.start();
  status_with(false);
  data.rows("SELECT 1");
  BOOST_TEST(data.catlog({"verify"}).exit_code == 0);
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(verify_says_where_the_projector_stands_also_when_the_read_model_is_wrong) {
  Daemon daemon = data.start();
  status_with(true);
  BOOST_TEST(daemon.terminate() == 7);
  const auto check = [&](const std::string& finding) {
    const Ran ran = data.catlog({"verify"});
    BOOST_TEST(ran.exit_code == 1, ran.out << ran.err);
    BOOST_TEST(has(ran.out, finding), ran.out);
    BOOST_TEST(has(ran.out, "projector: the projector stands still: the event at position " + at), ran.out);
  };
  projector::Database(data / "readmodel/current.sqlite", projector::Open::write).run("UPDATE movies SET rating = 9");
  check("movies 1 rating");
  std::filesystem::remove_all(data / "readmodel");
  check("read model: ");
}

// All that hangs on the event that no read model can take is passed by naming that one.
BOOST_AUTO_TEST_CASE(one_command_of_an_operator_is_enough) {
  {
    auto log = store::Log::open(data / "log", store::Access::write);
    script.command({movie_rated(1, 5, 5), role_assigned(77, "admin")});
    script.command({token_issued(77, 77)});
    script.command({trakt_linked(77, 77, "eve")});
    script.command({audit_recorded(77, 77)});
    script.command({token_revoked(77, 77)});
    script.command({trakt_unlinked(77, 77), user_removed(77)});
    script.append_to(log);
  }
  Daemon daemon = data.start();
  status_with(true);
  data.out_of({"quarantine", at, "--why", "no hash"});
  BOOST_TEST(data.rows("SELECT rating AS r FROM movies WHERE id = 1").at(0).at("r") == "5");  // of the batch the rest
  const Row row = status_with(false);
  BOOST_TEST(row.at("projectedPosition") == std::to_string(script.head()));
  const Row left_out = read_row(row.at("quarantine"));
  BOOST_TEST(left_out.at("leftOut") == "[" + at + "]");
  BOOST_TEST(read_row(left_out.at("leftOutWithThem")).at("count") == "7");
  const std::string footer = "without 1 quarantined event: " + at +
                             " (no hash), and 7 with it: " + std::to_string(last + 2) + " (users/77 is left out)";
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"status"}, {"sql", "SELECT 1"}, {"verify"}, {"report", "users"}}) {
    const Ran ran = data.catlog(command);
    BOOST_TEST(ran.exit_code == 0, ran.err);
    BOOST_TEST(has(ran.out + ran.err, footer), ran.out << ran.err);
  }
  BOOST_TEST(has(data.out_of({"quarantine"}), "and 7 events with it"));
  BOOST_TEST(has(data.out_of({"history", "users/77"}), "(left out with position " + at + ")"));
  BOOST_TEST(data.catlog({"verify", "--deep"}).exit_code == 0);
  BOOST_TEST(data.catlog({"rebuild", "--diff", "--refuse-if-different"}).exit_code == 0);
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

// No command makes such an event any more; a log of an earlier release may hold one.
BOOST_AUTO_TEST_CASE(who_follows_the_feed_gets_past_an_event_that_is_longer_than_a_frame) {
  std::string overview;
  for (size_t bytes = 0; bytes < events::max_frame_bytes; bytes += 6) overview += "\\u0001";
  {
    auto log = store::Log::open(data / "log", store::Access::write);
    script.command({{events::Entity::MEDIA_LIST, 9,
                     R"({"mediaListCreated":{"name":"L","description":")" + overview + R"(","isPublic":true}})"}});
    script.command({list_removed(9)});
    script.append_to(log);
  }
  data.out_of({"quarantine", at, "--why", "no hash"});
  Daemon daemon = data.start();
  data.rows("SELECT 1");
  const Ran ran = data.catlog({"tail", "--from", std::to_string(last + 1), "--count", "2"});
  BOOST_TEST(ran.exit_code == 0, ran.err);
  BOOST_TEST(has(ran.out, R"("withheldBytes":16)"), ran.out.substr(0, 1'000));
  BOOST_TEST(has(ran.out, "mediaListRemoved"), ran.out.substr(0, 1'000));
  BOOST_TEST(has(ran.err, "catlog log --from " + std::to_string(last + 1)), ran.err);
  BOOST_TEST(data.out_of({"log", "--from", std::to_string(last + 1)}).size() > events::max_frame_bytes);
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
