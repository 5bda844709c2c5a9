#include "events/schema/record.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "commandhandler/state/apply.h"
#include "commandhandler/state/state.h"
#include "events/position.h"
#include "events/schema/model.h"
#include "projector/sqlite/sqlite.h"
#include "store/log.h"
#include "store/state_store.h"
#include "tests/support/data_directory.h"
#include "tests/support/sample_events.h"
#include "tests/support/state_changes.h"

BOOST_AUTO_TEST_SUITE(offline_test)

// What catlog says of a log, with or without the rest beside it, when no daemon runs.

using namespace catlog;
using namespace catlog::tests;

namespace {

size_t lines_of(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

RecordScript write_log(const DataDirectory& data) {
  RecordScript script = small_catalogue();
  script.append_to(data / "log");
  return script;
}

// The stored decision state of the script, with `alter` applied to what is written.
template <class Alter>
void write_state(const DataDirectory& data, const RecordScript& script, Alter&& alter) {
  commandhandler::Layer layer;
  commandhandler::State state({&layer}, nullptr);
  for (events::Position at = 1; at <= script.head(); ++at) {
    const events::RecordView record(script.bytes(at));
    commandhandler::apply(state, record.root());
  }
  ChangeMap changes;
  for (const auto& [key, value] : layer.changes())
    changes[std::string(key)] = value ? std::optional<std::string>(*value) : std::nullopt;
  alter(changes);
  const std::string log_id = store::Log::open(data / "log", store::Access::read).id();
  store::StateStore::open(data / "state", log_id, store::Access::write).flush(views_of(changes), script.head());
}

}  // namespace

// As after a restore that kept readmodel/.
BOOST_AUTO_TEST_CASE(a_read_model_of_another_log_is_not_read) {
  const DataDirectory other(CATLOG_BIN), data(CATLOG_BIN);
  write_log(other);
  write_log(data);
  BOOST_TEST(other.catlog({"rebuild"}).exit_code == 0);
  std::filesystem::copy(other / "readmodel", data / "readmodel",
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"sql", "SELECT 1"}, {"report", "catalogue"}, {"sql", "SELECT 1", "--as-of", "3"}}) {
    const Ran ran = data.catlog(arguments);
    BOOST_TEST(ran.exit_code == 5, arguments.front() << ran.out);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(has(ran.err, "but this is log"), ran.err);
  }
  const Ran status = data.catlog({"status", "--json"});
  BOOST_TEST(status.exit_code == 0);
  BOOST_TEST(!has(status.out, "\"readModelFault\":null"), status.out);
  BOOST_TEST(has(other.catlog({"status", "--json"}).out, "\"readModelFault\":null"));
  std::ofstream(data / "readmodel/current.sqlite") << "no database";
  BOOST_TEST(data.catlog({"sql", "SELECT 1"}).exit_code == 5);
  const Ran damaged = data.catlog({"status", "--json"});
  BOOST_TEST(damaged.exit_code == 0, damaged.err);
  BOOST_TEST(has(damaged.out, "\"projectedPosition\":null"), damaged.out);
  BOOST_TEST(has(damaged.out, "damaged"), damaged.out);
}

BOOST_AUTO_TEST_CASE(log_shows_what_was_asked_for) {
  const DataDirectory data(CATLOG_BIN);
  const RecordScript script = write_log(data);
  const Ran all = data.catlog({"log"});
  BOOST_TEST(all.exit_code == 0);
  BOOST_TEST(lines_of(all.out) == script.head());
  BOOST_TEST(lines_of(data.catlog({"log", "--from", "2", "--to", "4"}).out) == 3u);
  BOOST_TEST(lines_of(data.catlog({"log", "--limit", "2"}).out) == 2u);
  BOOST_TEST(!has(all.out, bcrypt_hash));

  const std::string rated = data.catlog({"log", "--type", "movieRated"}).out;
  BOOST_TEST(!rated.empty());
  BOOST_TEST(lines_of(rated) < script.head());
  const std::string stream = data.catlog({"log", "--stream", "movies/1"}).out;
  BOOST_TEST(lines_of(stream) > 1u);
  write_state(data, script, [](auto&) {});
  const Ran by_state = data.catlog({"log", "--stream", "movies/1"});  // which says where the chain ends
  BOOST_TEST(by_state.out == stream, by_state.err);
}

BOOST_AUTO_TEST_CASE(history_shows_each_change) {
  const DataDirectory data(CATLOG_BIN);
  write_log(data);
  const Ran shown = data.catlog({"history", "movies/1"});
  BOOST_TEST(shown.exit_code == 0);
  BOOST_TEST(has(shown.out, "movieDescribed"));
  BOOST_TEST(has(shown.out, "title:"));
  BOOST_TEST(data.catlog({"history", "movies/1", "--json"}).out.starts_with("{\"position\":"));
  BOOST_TEST(data.catlog({"history", "movies/999"}).exit_code == 1);
}

BOOST_AUTO_TEST_CASE(history_takes_a_row_of_any_table_with_or_without_a_state) {
  const DataDirectory data(CATLOG_BIN);
  RecordScript script = small_catalogue();
  script.command({user_removed(1)}, {1, "192.0.2.1", "curl"});
  script.append_to(data / "log");
  std::vector<std::string> without_state;
  std::vector<std::string> rows{"movie_genres/1", "movie_genres/1,2", "media_list_movies/1"};
  for (const auto& entity : events::model().entities())
    if (!entity.table.empty() && !entity.is_link) rows.push_back(entity.table + "/1");
  for (const auto& row : rows) {
    const Ran ran = data.catlog({"history", row, "--json"});
    BOOST_TEST(ran.exit_code == 0, row << ": " << ran.err);
    BOOST_TEST(has(ran.out, "\"commandId\":\"01900000-"), row);
    without_state.push_back(ran.out);
  }
  write_state(data, script, [](auto&) {});
  for (size_t i = 0; i < rows.size(); ++i)
    BOOST_TEST(data.catlog({"history", rows[i], "--json"}).out == without_state[i]);

  const Ran token = data.catlog({"history", "refresh_tokens/1"});  // removed with its user, by whom
  BOOST_TEST(has(token.out, "userRemoved"));
  BOOST_TEST(has(token.out, "user 1 from 192.0.2.1 with curl"));
  BOOST_TEST(has(token.out, "command 01900000-"));
  BOOST_TEST(!has(data.catlog({"history", "refresh_tokens/1", "--as-of", "5"}).out, "userRemoved"));
  BOOST_TEST(data.catlog({"history", "refresh_tokens/99"}).exit_code == 1);
  BOOST_TEST(has(data.catlog({"history", "audit_logs/1"}).out, "userId:"));
}

BOOST_AUTO_TEST_CASE(explain_names_the_event_that_set_a_cell) {
  const DataDirectory data(CATLOG_BIN);
  RecordScript script = small_catalogue();
  const auto rated = script.command({movie_rated(1, 80.5, 9.5)}, {7, "192.0.2.1", "curl"});
  script.command({movie_described(1, "Matrix")});
  script.append_to(data / "log");
  const Ran by_log = data.catlog({"explain", "movies", "1", "rating"});
  BOOST_TEST(by_log.exit_code == 0);
  BOOST_TEST(has(by_log.out, "by the log"));
  BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);
  const Ran rating = data.catlog({"explain", "movies", "1", "rating"});
  BOOST_TEST(rating.exit_code == 0, rating.err);
  BOOST_TEST(has(rating.out, "8.2 -> 9.5  <- present value"));
  BOOST_TEST(has(rating.out, "user 7 from 192.0.2.1 with curl"));
  BOOST_TEST(!has(rating.out, "movieDescribed"));
  BOOST_TEST(has(data.catlog({"explain", "movies", "1", "popularity"}).out, "80.5 again"));
  const auto set_by = "\"setBy\":" + std::to_string(rated) + ",";
  BOOST_TEST(has(data.catlog({"explain", "movies", "1", "rating", "--json"}).out, set_by));
  BOOST_TEST(has(data.catlog({"explain", "movies", "2", "rating"}).out, "the table's default, no event set it"));
  BOOST_TEST(has(data.catlog({"explain", "movies", "1", "updatedAt"}).out, "movieDescribed"));
  BOOST_TEST(has(data.catlog({"explain", "movies", "1", "createdAt"}).out, "<- present value"));
  BOOST_TEST(has(data.catlog({"explain", "movie_translations", "1", "movieId"}).out, "movieTranslated"));
  BOOST_TEST(has(data.catlog({"explain", "movie_genres", "1,2", "genreId"}).out, "movieGenresAssigned"));
  BOOST_TEST(has(data.catlog({"explain", "users", "1", "passwordHash"}).out, "(hidden)"));
  const Ran earlier = data.catlog({"explain", "movies", "1", "rating", "--as-of", std::to_string(rated - 1)});
  BOOST_TEST(has(earlier.out, "8.2, set at position"));
  BOOST_TEST(data.catlog({"explain", "movies", "99", "rating"}).exit_code == 1);
  const Ran no_column = data.catlog({"explain", "movies", "1", "stars"});
  BOOST_TEST(has(no_column.err, "rating"));
}

BOOST_AUTO_TEST_CASE(explain_says_when_the_read_model_is_not_what_the_events_say) {
  const DataDirectory data(CATLOG_BIN);
  write_log(data);
  BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);
  sqlite3* file = nullptr;
  BOOST_REQUIRE(sqlite3_open((data / "readmodel" / "current.sqlite").c_str(), &file) == SQLITE_OK);
  BOOST_REQUIRE(sqlite3_exec(file, "UPDATE movies SET rating = 1 WHERE id = 1", nullptr, nullptr, nullptr) ==
                SQLITE_OK);
  sqlite3_close(file);
  const Ran ran = data.catlog({"explain", "movies", "1", "rating"});
  BOOST_TEST(ran.exit_code == 1);
  BOOST_TEST(has(ran.err, "catlog verify"));
}

BOOST_AUTO_TEST_CASE(rebuild_then_verify_sql_report_and_status_agree) {
  const DataDirectory data(CATLOG_BIN);
  const RecordScript script = write_log(data);
  write_state(data, script, [](auto&) {});
  BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);
  const Ran again = data.catlog({"rebuild", "--diff"});
  BOOST_TEST(again.exit_code == 0);
  BOOST_TEST(has(again.err, "no differences"));

  const Ran verified = data.catlog({"verify"});
  BOOST_TEST(verified.exit_code == 0, verified.out << verified.err);
  BOOST_TEST(verified.out == "ok\n");

  const std::string head = std::to_string(script.head());
  const Ran counted = data.catlog({"sql", "SELECT count(*) AS n FROM movies", "--format", "csv", "--wait-for", head});
  BOOST_TEST(counted.out == "n\r\n2\r\n");
  BOOST_TEST(data.catlog({"sql", "DELETE FROM movies"}).exit_code == 2);
  BOOST_TEST(data.catlog({"sql", "SELECT 1", "--wait-for", "1000000", "--timeout-s", "1"}).exit_code == 6);
  BOOST_TEST(data.catlog({"report", "catalogue"}).exit_code == 0);

  const Ran status = data.catlog({"status", "--json"});
  BOOST_TEST(has(status.out, "\"head\":" + head + ","));
  BOOST_TEST(has(status.out, "\"statePosition\":" + head + ",\"projectedPosition\":" + head + ",\"lag\":0"));
  BOOST_TEST(has(status.out, "\"running\":{}"));
}

BOOST_AUTO_TEST_CASE(rebuild_as_of_makes_a_file_of_its_own) {
  const DataDirectory data(CATLOG_BIN);
  write_log(data);
  const std::string file = data / "then.sqlite";
  BOOST_TEST(data.catlog({"rebuild", "--as-of", "1", "--into", file}).exit_code == 0);
  BOOST_TEST(std::filesystem::exists(file));
  BOOST_TEST(data.catlog({"rebuild", "--as-of", "1", "--into", file}).exit_code == 2);
  BOOST_TEST(data.catlog({"rebuild", "--as-of", "9999", "--into", file + "2"}).exit_code == 2);
  for (const char* ours : {"quarantine.json", "keys", "keys/x", "log/x", "run/../state", "begin-new-log", "readmodel",
                           "groups", "torrents/x", "bus-keys", "cluster"}) {
    const bool was_there = std::filesystem::exists(data / ours);
    BOOST_TEST(data.catlog({"rebuild", "--as-of", "1", "--into", data / ours}).exit_code == 2, ours);
    BOOST_TEST(std::filesystem::exists(data / ours) == was_there, ours);
  }
  BOOST_TEST(data.catlog({"rebuild", "--as-of", "1", "--into", data / "logbook.sqlite"}).exit_code == 0);
  BOOST_TEST(!std::filesystem::exists(data / "readmodel"));
}

BOOST_AUTO_TEST_CASE(verify_finds_a_wrong_a_missing_and_a_surplus_entry_of_the_state) {
  const std::string movie(commandhandler::row_key(events::Entity::MOVIE, 1));
  const auto finding = [&](auto alter) {
    const DataDirectory data(CATLOG_BIN);
    const RecordScript script = write_log(data);
    write_state(data, script, alter);
    BOOST_TEST(data.catlog({"rebuild"}).exit_code == 0);
    const Ran ran = data.catlog({"verify"});
    BOOST_TEST(ran.exit_code == 1);
    return ran.out;
  };
  BOOST_TEST(has(finding([&](auto& changes) { changes.at(movie)->back() ^= 1; }), "movies/1 is not what the log says"));
  BOOST_TEST(has(finding([&](auto& changes) { changes.erase(movie); }), "movies/1 is missing in the decision state"));
  BOOST_TEST(has(finding([&](auto& changes) {
                   changes[std::string(commandhandler::row_key(events::Entity::MOVIE, 77))] = changes.at(movie);
                 }),
                 "movies/77 is in the decision state, but not by the log"));
}

BOOST_AUTO_TEST_CASE(a_read_model_is_brought_to_another_schema_while_nobody_writes_it) {
  const DataDirectory data(CATLOG_BIN);
  BOOST_TEST(data.catlog({"migrate"}).exit_code == 2);  // there is none
  write_log(data);
  data.out_of({"rebuild"});
  const auto schema = [&] { return data.rows("PRAGMA user_version").at(0).at("user_version"); };
  const std::string newest = schema(), newer_yet = std::to_string(std::stoi(newest) + 1);
  const auto copy = data / ("readmodel/gen-000001.sqlite.v" + newest + ".backup");
  const Ran dry = data.catlog({"migrate", "--to", "5", "--dry-run"});
  BOOST_TEST(dry.exit_code == 0, dry.err);
  BOOST_TEST(
      has(dry.out, ".v" + newest + ".backup, then, in one transaction:\ndown 0007_transfers\ndown 0006_readers\n"),
      dry.out);
  BOOST_TEST(schema() == newest);
  BOOST_TEST(!std::filesystem::exists(copy));
  for (const char* none : {"0", "99"}) BOOST_TEST(data.catlog({"migrate", "--to", none}).exit_code == 2);

  BOOST_TEST(has(data.catlog({"migrate", "--to", "5"}).err, "has schema 5 now"));
  BOOST_TEST(std::filesystem::exists(copy));
  BOOST_TEST(data.catlog({"sql", "SELECT * FROM best_sources"}).exit_code == 2);
  BOOST_TEST(data.out_of({"sql", "SELECT count(*) AS n FROM movies", "--format", "jsonl"}) == "{\"n\":2}\n");
  {
    // It migrates when it starts; from then on nobody else does.
    Daemon daemon = data.start();
    data.out_of({"send", "-"}, R"({"putGenre":{"tmdbId":77,"name":"New"}})");
    BOOST_TEST(schema() == newest);
    const Ran held = data.catlog({"migrate", "--to", "5"});
    BOOST_TEST(held.exit_code == 3, held.err);
    BOOST_TEST(has(held.err, "stop it first"), held.err);
    BOOST_TEST(daemon.terminate() == 0);
  }
  BOOST_TEST(data.catlog({"verify", "--deep"}).exit_code == 0);
  BOOST_TEST(has(data.catlog({"migrate"}).err, "has schema " + newest + " already"));
  BOOST_TEST(data.catlog({"rebuild", "--diff"}).exit_code == 0);

  projector::Database(data / "readmodel/current.sqlite", projector::Open::write)
      .run(projector::Sql::generated("PRAGMA user_version = " + newer_yet +
                                     "; UPDATE projection_checkpoint SET schemaVersion = " + newer_yet));
  const Ran newer = data.catlog({"migrate"});
  BOOST_TEST(newer.exit_code == 2);
  BOOST_TEST(has(newer.err, "`catlog migrate --to " + newest + " --data " + data.path().string() + "`"), newer.err);
}

// What a step down leaves out and the log has.
BOOST_AUTO_TEST_CASE(columns_that_are_new_are_filled_from_the_log) {
  const DataDirectory data(CATLOG_BIN);
  RecordScript script = small_catalogue();
  script.command({storage_placed(1, 5'000)});
  script.append_to(data / "log");
  data.out_of({"rebuild"});
  const std::string filled = "SELECT count(*) AS n FROM storage WHERE directory IS NOT NULL";
  const auto count = [&] { return data.rows(filled).at(0).at("n"); };
  BOOST_TEST_REQUIRE(count() == "1");
  data.out_of({"migrate", "--to", "6"});
  BOOST_TEST(has(data.out_of({"migrate", "--dry-run"}), "would be built from the log"));
  BOOST_TEST(has(data.catlog({"migrate"}).err, "built from the log with schema"));
  BOOST_TEST(count() == "1");
  BOOST_TEST(data.catlog({"verify", "--deep"}).exit_code == 0);

  data.out_of({"migrate", "--to", "6"});
  Daemon daemon = data.start();
  BOOST_TEST(count() == "0");
  data.out_of({"rebuild"});
  BOOST_TEST(count() == "1");
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST(has(daemon.err(), "from schema 6 to 7: columns that are new are empty"), daemon.err());
  BOOST_TEST(data.catlog({"verify", "--deep"}).exit_code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
