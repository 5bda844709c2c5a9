#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include "events/descriptor.h"
#include "projector/sqlite/digest_keeper.h"
#include "tests/support/command_lines.h"
#include "tests/support/data_directory.h"
#include "tests/support/producer.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"

BOOST_AUTO_TEST_SUITE(differences_test)

// A read model that somebody has written to by hand: who finds it, what is said, and how it is mended.
namespace {

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Open;
namespace fs = std::filesystem;

const std::vector<std::vector<std::string>> both_depths{{"verify"}, {"verify", "--deep"}};

struct House {
  DataDirectory data{CATLOG_BIN};
  const fs::path link = data / "readmodel" / "current.sqlite";

  House() {
    small_catalogue().append_to(data / "log");
    Daemon daemon = data.start();
    BOOST_TEST_REQUIRE(data.rows("SELECT count(*) AS n FROM movies").at(0).at("n") == "2");
    BOOST_TEST_REQUIRE(daemon.terminate() == 0);
  }

  fs::path live() const { return fs::read_symlink(link); }
  std::string value(const std::string& sql) const { return one_value(Database(link, Open::read), sql); }
  void change(const std::string& sql) const { Database(link, Open::write).run(projector::Sql::generated(sql)); }
  // A value, two of a row, a row that is gone, one too many, a secret.
  void change_much() const {
    change(
        "UPDATE genres SET name = 'Dromo' WHERE id = 1; UPDATE movies SET title = 'Wrong', rating = 1 WHERE id = 1;"
        "DELETE FROM sync_states; INSERT INTO media_list_movies VALUES (1, 2);"
        "UPDATE users SET passwordHash = replace(passwordHash, 'ABC', 'XYZ')");
  }
  static constexpr const char* told =
      "genres 1 name: before has Dromo, rebuilt has Drama\n"
      "media_list_movies (1, 2): before has there, rebuilt has missing\n"
      "movies 1 title: before has Wrong, rebuilt has The Matrix\n"
      "movies 1 rating: before has 1.0, rebuilt has 8.2\n"
      "sync_states 1: before has missing, rebuilt has there\n"
      "users 1 passwordHash: before has (hidden), rebuilt has (hidden)\n";

  void check_sound() const {
    for (const auto& verify : both_depths) {
      const Ran ran = data.catlog(verify);
      BOOST_TEST(ran.exit_code == 0, ran.err);
      BOOST_TEST(ran.out == "ok\n");
      BOOST_TEST(has(ran.err, verify.size() == 1 ? "the digests of all tables are" : "every row is"), ran.err);
    }
  }
  template <class Is>
  void wait_for_status(Is&& is) const {
    for (const auto limit = std::chrono::steady_clock::now() + longest_start; !is(data.out_of({"status"}));)
      BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() < limit));
  }
  void check_found(const std::string& first) const {
    for (const auto& verify : both_depths) {
      const Ran ran = data.catlog(verify);
      BOOST_TEST(ran.exit_code == 1, ran.err);
      BOOST_TEST(ran.out.starts_with("read model: " + first + "\n"), ran.out);
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(differences, House)

BOOST_AUTO_TEST_CASE(a_rebuild_tells_what_would_change_and_switches_unless_it_is_to_refuse) {
  change_much();
  const fs::path wrong = live();
  const Ran refused = data.catlog({"rebuild", "--diff", "--refuse-if-different"});
  BOOST_TEST(refused.exit_code == 1);
  BOOST_TEST(refused.out == told);
  BOOST_TEST(has(refused.err, "not switched"), refused.err);
  BOOST_TEST(live() == wrong);
  BOOST_TEST(value("SELECT title FROM movies WHERE id = 1") == "Wrong");
  BOOST_TEST(data.catlog({"rebuild", "--back"}).exit_code == 1);  // and left nothing to go to

  const Ran switched = data.catlog({"rebuild", "--diff"});
  BOOST_TEST(switched.exit_code == 1);
  BOOST_TEST(switched.out == told);
  BOOST_TEST(has(switched.err, "6 differences"), switched.err);
  BOOST_TEST(live() != wrong);
  BOOST_TEST(value("SELECT title FROM movies WHERE id = 1") == "The Matrix");
  check_sound();
}

// What the disk made of the log is no reason to give up rows that are right.
BOOST_AUTO_TEST_CASE(a_rebuild_that_differs_because_the_log_is_damaged_does_not_switch) {
  const fs::path log = data / "log" / "data.mdb", right = live();
  std::string bytes = read_text(log);
  constexpr std::string_view title = "The Matrix";
  BOOST_TEST_REQUIRE(has(bytes, title));
  for (size_t at = 0; (at = bytes.find(title, at)) != std::string::npos;) bytes[at] = 'D';
  std::ofstream(log, std::ios::binary) << bytes;
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--refuse-if-different"}}) {
    std::vector<std::string> rebuild{"rebuild", "--diff"};
    rebuild.insert(rebuild.end(), more.begin(), more.end());
    const Ran ran = data.catlog(rebuild);
    BOOST_TEST(ran.exit_code == 5, ran.err);
    BOOST_TEST(has(ran.out, "Dhe Matrix"), ran.out);
    BOOST_TEST(has(ran.err, "the log is damaged, so nothing is switched"), ran.err);
    BOOST_TEST(has(ran.err, "its record is not what was appended"), ran.err);
    BOOST_TEST(live() == right);
  }
}

// Of a large log that takes minutes, in which nothing was said.
BOOST_AUTO_TEST_CASE(a_rebuild_that_differs_shows_how_far_it_has_read_the_log_again) {
  change_much();
  const events::Descriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  BOOST_TEST_REQUIRE((terminal.get() >= 0 && ::grantpt(terminal.get()) == 0 && ::unlockpt(terminal.get()) == 0));
  const Ran ran = run({"/bin/sh", "-c",
                       fmt::format("exec {}/catlog --data {} rebuild --diff 2> {}", CATLOG_BIN, data.path().string(),
                                   ::ptsname(terminal.get()))});
  BOOST_TEST(ran.exit_code == 1);
  std::string said;
  char part[4'096];
  for (ssize_t count = 0; (count = ::read(terminal.get(), part, sizeof part)) > 0;)
    said.append(part, static_cast<size_t>(count));
  BOOST_TEST(has(said, "checking the log ["), said);
  BOOST_TEST(has(said, "6 differences"), said);
}

BOOST_AUTO_TEST_CASE(a_rebuild_mends_and_the_way_back_leads_to_what_was_wrong) {
  change_much();
  const fs::path wrong = live();
  const Ran rebuilt = data.catlog({"rebuild"});
  BOOST_TEST(rebuilt.exit_code == 0);  // nobody asked for the differences
  BOOST_TEST(rebuilt.out == "");
  const fs::path right = live();
  BOOST_TEST(right != wrong);
  check_sound();

  BOOST_TEST(data.catlog({"rebuild", "--back"}).exit_code == 0);
  BOOST_TEST(live() == wrong);
  check_found("genres 1 name: the read model has Dromo, the log has Drama");
  BOOST_TEST(data.catlog({"rebuild", "--back"}).exit_code == 0);
  BOOST_TEST(live() == right);
  check_sound();

  const Ran equal = data.catlog({"rebuild", "--diff", "--refuse-if-different"});
  BOOST_TEST(equal.exit_code == 0);
  BOOST_TEST(equal.out == "");
  BOOST_TEST(has(equal.err, "no differences"), equal.err);
  BOOST_TEST(live() != right);
}

BOOST_AUTO_TEST_CASE(a_running_daemon_brings_the_way_back_up_to_the_logs_end) {
  Daemon daemon = data.start();
  const fs::path first = live();
  data.out_of({"rebuild"});
  BOOST_TEST(live() != first);
  data.out_of({"send"}, R"({"rateMovie":{"movie":{"tmdbId":1001},"popularity":1,"rating":3.5}})");
  data.out_of({"rebuild", "--back"});
  BOOST_TEST(live() == first);
  BOOST_TEST(data.rows("SELECT rating FROM movies WHERE id = 1").at(0).at("rating") == "3.5");
  check_sound();
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(verify_names_table_key_and_column_with_and_without_a_daemon) {
  check_sound();
  const auto check_changed = [&] {
    change("UPDATE movies SET rating = 1 WHERE id = 1");
    check_found("movies 1 rating: the read model has 1.0, the log has 8.2");
  };
  check_changed();
  data.out_of({"rebuild"});
  Daemon daemon = data.start();
  check_sound();
  check_changed();
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(verify_finds_rows_whose_digests_were_made_to_agree) {
  {
    Database database(link, Open::write);
    projector::DigestKeeper keeper(database);
    projector::Transaction transaction(database, projector::Transaction::Kind::write);
    database.run("UPDATE episodes SET name = 'Wrong' WHERE id = 2");
    keeper.write();
    transaction.commit();
  }
  check_found("episodes 2 name: the read model has Wrong, the log has Episode 2");
}

BOOST_AUTO_TEST_CASE(verify_finds_a_digest_that_was_changed_alone) {
  change(
      "UPDATE projection_digests SET digest = replace(digest, substr(digest, 1, 4), 'ffff') WHERE tableName = "
      "'movies'");
  for (const auto& verify : both_depths) {
    const Ran ran = data.catlog(verify);
    BOOST_TEST(ran.exit_code == 1);
    BOOST_TEST(ran.out.starts_with("read model: movies: projection_digests says 2 rows ffff"), ran.out);
  }
}

BOOST_AUTO_TEST_CASE(verify_finds_nothing_while_commands_come_in) {
  constexpr size_t more_than_can_be_answered_meanwhile = 100'000;
  Producer producer(many_commands(more_than_can_be_answered_meanwhile));
  Daemon daemon = data.start();
  const Load load(producer, data.path());
  for (size_t answered : {100, 2'000}) {
    BOOST_TEST_REQUIRE(producer.wait_for(answered, longest_start));
    check_sound();
  }
  BOOST_TEST(producer.answered() < producer.size());
}

// Somebody with the right to write it, such as a program that makes schemas agree with its own classes.
BOOST_AUTO_TEST_CASE(a_changed_schema_is_noticed) {
  const std::string lax =
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'genres'; "
      "PRAGMA writable_schema = OFF";
  double rating = 1;
  for (const auto& [sql, fault] : std::map<std::string, std::string>{
           {"DROP INDEX idx_movie_id", "index idx_movie_id is missing"},
           {lax, "table genres was changed"},
           {"CREATE TABLE migrations (id INTEGER PRIMARY KEY)", "table migrations was added"},
           {"CREATE TRIGGER t AFTER INSERT ON genres BEGIN SELECT 1; END", "trigger t was added"}}) {
    change(sql);
    const Ran verified = data.catlog({"verify"});
    BOOST_TEST(verified.exit_code == 1, fault);
    BOOST_TEST(has(verified.out, fault), verified.out);
    // The projector alone stands still: commands are taken.
    Daemon daemon = data.start();
    wait_for_status([&](const std::string& status) { return has(status, fault); });
    BOOST_TEST(has(data.out_of({"status"}), "catlog rebuild"));
    rating += 0.5;
    data.out_of({"send"},
                fmt::format(R"({{"rateMovie":{{"movie":{{"tmdbId":1001}},"popularity":1,"rating":{}}}}})", rating));
    BOOST_TEST(data.daemon({"--only", "projector"}).exit_code == 3);  // its role is held
    const Ran rebuilt = data.catlog({"rebuild", "--diff"});
    BOOST_TEST(rebuilt.exit_code == 1, rebuilt.err);
    const size_t words = fault.find(" ", fault.find(" ") + 1);
    BOOST_TEST(has(rebuilt.out, fault.starts_with("table m") ? "migrations" : fault.substr(0, words)), rebuilt.out);
    wait_for_status([&](const std::string& status) { return !has(status, fault); });  // it goes on by itself
    BOOST_TEST(data.rows("SELECT rating AS r FROM movies WHERE id = 1").at(0).at("r") == fmt::format("{}", rating));
    BOOST_TEST(daemon.terminate() == 0, daemon.err());
    check_sound();
  }
}

BOOST_AUTO_TEST_CASE(a_schema_that_is_changed_under_a_running_daemon_is_noticed) {
  Daemon daemon = data.start();
  wait_for_status([&](const std::string& status) { return has(status, "up to date"); });
  change("CREATE TRIGGER t AFTER UPDATE ON movies BEGIN UPDATE movies SET title = 'x'; END");
  data.out_of({"send"}, R"({"rateMovie":{"movie":{"tmdbId":1001},"popularity":1,"rating":3.5}})");
  wait_for_status([&](const std::string& status) { return has(status, "trigger t was added"); });
  BOOST_TEST(one_value(Database(link, Open::read), "SELECT count(*) FROM movies WHERE title = 'x'") == "0");
  BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);
  wait_for_status([&](const std::string& status) { return !has(status, "trigger t was added"); });
  BOOST_TEST(data.rows("SELECT rating AS r FROM movies WHERE id = 1").at(0).at("r") == "3.5");
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
  check_sound();
}

BOOST_AUTO_TEST_CASE(an_index_that_somebody_added_holds_nobody_up) {
  change("CREATE INDEX mine ON movies (rating)");
  BOOST_TEST(has(data.catlog({"verify"}).out, "index mine was added"));
  Daemon daemon = data.start();
  data.out_of({"send"}, R"({"rateMovie":{"movie":{"tmdbId":1001},"popularity":1,"rating":3.5}})");
  BOOST_TEST(data.rows("SELECT rating FROM movies WHERE id = 1").at(0).at("rating") == "3.5");
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
