#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commandhandler/apply.h"
#include "commandhandler/state.h"
#include "events/binary.h"
#include "events/bus.h"
#include "events/model.h"
#include "store/log.h"
#include "store/state_store.h"
#include "tests/support/run.h"
#include "tests/support/sample_events.h"
#include "tests/support/state_changes.h"
#include "tests/support/temporary_directory.h"

using namespace catlog;
using tests::has;
using tests::Ran;

namespace {

Ran ask(const tests::TemporaryDirectory& data, std::vector<std::string> arguments, std::string_view input = {}) {
  arguments.insert(arguments.begin(), {CATLOG_BIN "/catlog", "--data", data.path().string()});
  return tests::run(arguments, input);
}

size_t lines_of(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

tests::RecordScript write_log(const tests::TemporaryDirectory& data) {
  tests::RecordScript script = tests::small_catalogue();
  store::Log log = store::Log::open(data / "log", store::Access::write);
  script.append_to(log);
  return script;
}

// The stored decision state of the script, with `alter` applied to what is written.
template <class Alter>
void write_state(const tests::TemporaryDirectory& data, const tests::RecordScript& script, Alter&& alter) {
  commandhandler::Layer layer;
  commandhandler::State state({&layer}, nullptr);
  for (events::Position at = 1; at <= script.head(); ++at) {
    const events::RecordView record(script.bytes(at));
    commandhandler::apply(state, record.root());
  }
  tests::ChangeMap changes;
  for (const auto& [key, value] : layer.changes())
    changes[std::string(key)] = value ? std::optional<std::string>(*value) : std::nullopt;
  alter(changes);
  const std::string log_id = store::Log::open(data / "log", store::Access::read).id();
  store::StateStore::open(data / "state", log_id, store::Access::write).flush(tests::views_of(changes), script.head());
}

}  // namespace

BOOST_AUTO_TEST_CASE(wrong_use_exits_with_2_and_says_why) {
  tests::TemporaryDirectory data;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"log", "--no-such-flag"},
                                             {"log", "--from", "minus"},
                                             {"log", "--type", "movieEaten"},
                                             {"describe", "eatMovie"},
                                             {"report", "nonsense"},
                                             {"sql"},
                                             {"sql", "SELECT 1", "--format", "xml"},
                                             {"sql", "SELECT 1", "--as-of", "1", "--wait-for", "1"},
                                             {"rebuild", "--as-of", "1"},
                                             {"import"},
                                             {"import", "tmdb"},
                                             {"history", "movies"},
                                             {"history", "movie_genres/0,1"},
                                             {"history", "cinemas/1"},
                                             {"explain", "movies", "1", "stars"},
                                             {"explain", "cinemas", "1", "rating"},
                                             {"explain", "movie_genres", "1", "genreId"},
                                             {"send", (data / "no such file").string()}}) {
    const Ran ran = ask(data, arguments);
    BOOST_TEST(ran.exit_code == 2);
    BOOST_TEST(!ran.err.empty());
    BOOST_TEST(ran.out == "");
  }
}

// A variable of the shell that is not set must not change what is asked for.
BOOST_AUTO_TEST_CASE(an_empty_value_is_wrong_use) {
  tests::TemporaryDirectory data;
  write_log(data);
  BOOST_TEST(ask(data, {"rebuild"}).exit_code == 0);
  const std::string proof = data / "proof", backup = data.path().string() + "-backup";
  std::ofstream(proof) << ask(data, {"prove", "3"}).out;
  BOOST_TEST(ask(data, {"check-proof", proof}).exit_code == 0);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"check-proof", proof, "--head", ""},
                                             {"check-proof", proof, "--from-head="},
                                             {"restore", backup, "--to", ""},
                                             {"restore", backup, "--keys", ""},
                                             {"backup", ""},
                                             {"backup", backup, "--keys", ""},
                                             {"rebuild", "--as-of", "", "--into", data / "f.sqlite"},
                                             {"rebuild", "--as-of", "1", "--into", ""},
                                             {"sql", "SELECT 1", "--as-of", ""},
                                             {"history", "movies/1", "--as-of", ""},
                                             {"log", "--stream", ""},
                                             {"tail", "--log-id", ""},
                                             {"--data", "", "status"}}) {
    const Ran ran = ask(data, arguments);
    BOOST_TEST(ran.exit_code == 2, fmt::format("{}: {}{}", fmt::join(arguments, " "), ran.out, ran.err));
    BOOST_TEST(ran.out == "");
  }
  BOOST_TEST(!std::filesystem::exists(backup));
}

// As after a restore that kept readmodel/.
BOOST_AUTO_TEST_CASE(a_read_model_of_another_log_is_not_read) {
  tests::TemporaryDirectory other, data;
  write_log(other);
  write_log(data);
  BOOST_TEST(ask(other, {"rebuild"}).exit_code == 0);
  std::filesystem::copy(other / "readmodel", data / "readmodel",
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"sql", "SELECT 1"}, {"report", "catalogue"}, {"sql", "SELECT 1", "--as-of", "3"}}) {
    const Ran ran = ask(data, arguments);
    BOOST_TEST(ran.exit_code == 5, arguments.front() << ran.out);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(has(ran.err, "but this is log"), ran.err);
  }
  const Ran status = ask(data, {"status", "--json"});
  BOOST_TEST(status.exit_code == 0);
  BOOST_TEST(!has(status.out, "\"readModelFault\":null"), status.out);
  BOOST_TEST(has(ask(other, {"status", "--json"}).out, "\"readModelFault\":null"));
  std::ofstream(data / "readmodel/current.sqlite") << "no database";
  BOOST_TEST(ask(data, {"sql", "SELECT 1"}).exit_code == 5);
  const Ran damaged = ask(data, {"status", "--json"});
  BOOST_TEST(damaged.exit_code == 0, damaged.err);
  BOOST_TEST(has(damaged.out, "\"projectedPosition\":null"), damaged.out);
  BOOST_TEST(has(damaged.out, "damaged"), damaged.out);
}

BOOST_AUTO_TEST_CASE(every_subcommand_has_help_with_an_example) {
  tests::TemporaryDirectory data;
  for (const char* name : {"send", "describe", "import", "log", "history", "explain", "tail", "rebuild", "verify",
                           "sql", "report", "status"}) {
    const Ran ran = ask(data, {name, "--help"});
    BOOST_TEST(ran.exit_code == 0);
    BOOST_TEST(has(ran.out, std::string("Example: ")), name << " has no example");
    BOOST_TEST(has(ran.out, std::string("catlog ") + name), name << " has no example of itself");
  }
}

BOOST_AUTO_TEST_CASE(reading_where_nothing_is_exits_with_2_and_says_what_to_do) {
  tests::TemporaryDirectory data;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"log"},
                                             {"verify"},
                                             {"history", "movies/1"},
                                             {"explain", "movies", "1", "title"},
                                             {"rebuild"},
                                             {"sql", "SELECT 1"}}) {
    const Ran ran = ask(data, arguments);
    BOOST_TEST(ran.exit_code == 2);
    BOOST_TEST(has(ran.err, "start `catlogd --data"));
    BOOST_TEST(ran.out == "");
  }
  BOOST_TEST(std::filesystem::is_empty(data.path()));
}

BOOST_AUTO_TEST_CASE(without_a_daemon_sending_says_how_to_start_one) {
  tests::TemporaryDirectory data;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"send"}, {"import", "tmdb", data.path().string()}, {"tail"}}) {
    const Ran ran = ask(data, arguments, "{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}\n");
    BOOST_TEST(ran.exit_code == 6);
    BOOST_TEST(has(ran.err, "catlogd --data"));
  }
}

BOOST_AUTO_TEST_CASE(the_data_directory_stands_before_or_after_the_subcommand) {
  tests::TemporaryDirectory data;
  write_log(data);
  const Ran before = tests::run({CATLOG_BIN "/catlog", "--data", data.path().string(), "log"});
  const Ran after = tests::run({CATLOG_BIN "/catlog", "log", "--data", data.path().string()});
  BOOST_TEST(before.exit_code == 0);
  BOOST_TEST(after.exit_code == 0);
  BOOST_TEST(before.out == after.out);
}

BOOST_AUTO_TEST_CASE(describe_knows_every_command) {
  tests::TemporaryDirectory data;
  const Ran list = ask(data, {"describe"});
  BOOST_TEST(list.exit_code == 0);
  for (const auto& command : events::model().commands()) {
    BOOST_TEST(has(list.out, command.name));
    const Ran one = ask(data, {"describe", command.name});
    BOOST_TEST(one.exit_code == 0);
    BOOST_TEST(has(one.out, command.example));
  }
  const std::string movie = ask(data, {"describe", "putMovie"}).out;
  BOOST_TEST(has(movie, "tmdbId"));
  BOOST_TEST(has(movie, "required"));
  BOOST_TEST(!has(movie, "genreIds"));  // the handler's
}

BOOST_AUTO_TEST_CASE(dry_run_gives_ids_and_refuses_what_cannot_be_read) {
  tests::TemporaryDirectory data;
  const Ran good =
      ask(data, {"send", "--dry-run"},
          "{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}\n\n"
          "{\"id\":\"01936b2e-8c00-7000-8000-00000000a001\",\"removeGenre\":{\"genre\":{\"tmdbId\":16}}}\n");
  BOOST_TEST(good.exit_code == 0);
  BOOST_TEST(lines_of(good.out) == 2u);
  BOOST_TEST(good.out.starts_with("{\"id\":\""));
  BOOST_TEST(has(good.out, "\",\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}\n"));
  BOOST_TEST(has(good.out, "\n{\"id\":\"01936b2e-8c00-7000-8000-00000000a001\",\"removeGenre\""));

  const Ran bad = ask(data, {"send", "--dry-run", "-"},
                      "{\"putGenre\":{\"tmdbId\":16,\"colour\":\"red\"}}\nnonsense\n{}\n" +
                          std::string(events::max_command_bytes + 1, ' ') + "{}");
  BOOST_TEST(bad.exit_code == 1);
  BOOST_TEST(lines_of(bad.out) == 4u);
  BOOST_TEST(has(bad.out, "\"code\":\"malformed\""));
  BOOST_TEST(has(bad.out, "putGenre.colour"));
  BOOST_TEST(has(bad.out, "\"code\":\"tooLarge\""));
}

BOOST_AUTO_TEST_CASE(log_shows_what_was_asked_for) {
  tests::TemporaryDirectory data;
  const tests::RecordScript script = write_log(data);
  const Ran all = ask(data, {"log"});
  BOOST_TEST(all.exit_code == 0);
  BOOST_TEST(lines_of(all.out) == script.head());
  BOOST_TEST(lines_of(ask(data, {"log", "--from", "2", "--to", "4"}).out) == 3u);
  BOOST_TEST(lines_of(ask(data, {"log", "--limit", "2"}).out) == 2u);
  BOOST_TEST(!has(all.out, tests::bcrypt_hash));

  const std::string rated = ask(data, {"log", "--type", "movieRated"}).out;
  BOOST_TEST(!rated.empty());
  BOOST_TEST(lines_of(rated) < script.head());
  const std::string stream = ask(data, {"log", "--stream", "movies/1"}).out;
  BOOST_TEST(lines_of(stream) > 1u);
  write_state(data, script, [](auto&) {});
  BOOST_TEST(ask(data, {"log", "--stream", "movies/1"}).out == stream);  // the state says where the chain ends
}

BOOST_AUTO_TEST_CASE(history_shows_each_change) {
  tests::TemporaryDirectory data;
  write_log(data);
  const Ran shown = ask(data, {"history", "movies/1"});
  BOOST_TEST(shown.exit_code == 0);
  BOOST_TEST(has(shown.out, "movieDescribed"));
  BOOST_TEST(has(shown.out, "title:"));
  BOOST_TEST(ask(data, {"history", "movies/1", "--json"}).out.starts_with("{\"position\":"));
  BOOST_TEST(ask(data, {"history", "movies/999"}).exit_code == 1);
}

BOOST_AUTO_TEST_CASE(history_takes_a_row_of_any_table_with_or_without_a_state) {
  tests::TemporaryDirectory data;
  tests::RecordScript script = tests::small_catalogue();
  script.command({tests::user_removed(1)}, {1, "192.0.2.1", "curl"});
  {
    store::Log log = store::Log::open(data / "log", store::Access::write);
    script.append_to(log);
  }
  std::vector<std::string> without_state;
  std::vector<std::string> rows{"movie_genres/1", "movie_genres/1,2", "media_list_movies/1"};
  for (const auto& entity : events::model().entities())
    if (!entity.table.empty() && !entity.is_link) rows.push_back(entity.table + "/1");
  for (const auto& row : rows) {
    const Ran ran = ask(data, {"history", row, "--json"});
    BOOST_TEST(ran.exit_code == 0, row << ": " << ran.err);
    BOOST_TEST(has(ran.out, "\"commandId\":\"01900000-"), row);
    without_state.push_back(ran.out);
  }
  write_state(data, script, [](auto&) {});
  for (size_t i = 0; i < rows.size(); ++i)
    BOOST_TEST(ask(data, {"history", rows[i], "--json"}).out == without_state[i]);

  const Ran token = ask(data, {"history", "refresh_tokens/1"});  // removed with its user, by whom
  BOOST_TEST(has(token.out, "userRemoved"));
  BOOST_TEST(has(token.out, "user 1 from 192.0.2.1 with curl"));
  BOOST_TEST(has(token.out, "command 01900000-"));
  BOOST_TEST(!has(ask(data, {"history", "refresh_tokens/1", "--as-of", "5"}).out, "userRemoved"));
  BOOST_TEST(ask(data, {"history", "refresh_tokens/99"}).exit_code == 1);
  BOOST_TEST(has(ask(data, {"history", "audit_logs/1"}).out, "userId:"));
}

BOOST_AUTO_TEST_CASE(explain_names_the_event_that_set_a_cell) {
  tests::TemporaryDirectory data;
  tests::RecordScript script = tests::small_catalogue();
  const auto rated = script.command({tests::movie_rated(1, 80.5, 9.5)}, {7, "192.0.2.1", "curl"});
  script.command({tests::movie_described(1, "Matrix")});
  {
    store::Log log = store::Log::open(data / "log", store::Access::write);
    script.append_to(log);
  }
  const Ran by_log = ask(data, {"explain", "movies", "1", "rating"});
  BOOST_TEST(by_log.exit_code == 0);
  BOOST_TEST(has(by_log.out, "by the log"));
  BOOST_TEST(ask(data, {"rebuild"}).exit_code == 0);
  const Ran rating = ask(data, {"explain", "movies", "1", "rating"});
  BOOST_TEST(rating.exit_code == 0, rating.err);
  BOOST_TEST(has(rating.out, "8.2 -> 9.5  <- present value"));
  BOOST_TEST(has(rating.out, "user 7 from 192.0.2.1 with curl"));
  BOOST_TEST(!has(rating.out, "movieDescribed"));
  BOOST_TEST(has(ask(data, {"explain", "movies", "1", "popularity"}).out, "80.5 again"));
  const auto set_by = "\"setBy\":" + std::to_string(rated) + ",";
  BOOST_TEST(has(ask(data, {"explain", "movies", "1", "rating", "--json"}).out, set_by));
  BOOST_TEST(has(ask(data, {"explain", "movies", "2", "rating"}).out, "the table's default, no event set it"));
  BOOST_TEST(has(ask(data, {"explain", "movies", "1", "updatedAt"}).out, "movieDescribed"));
  BOOST_TEST(has(ask(data, {"explain", "movies", "1", "createdAt"}).out, "<- present value"));
  BOOST_TEST(has(ask(data, {"explain", "movie_translations", "1", "movieId"}).out, "movieTranslated"));
  BOOST_TEST(has(ask(data, {"explain", "movie_genres", "1,2", "genreId"}).out, "movieGenresAssigned"));
  BOOST_TEST(has(ask(data, {"explain", "users", "1", "passwordHash"}).out, "(hidden)"));
  const Ran earlier = ask(data, {"explain", "movies", "1", "rating", "--as-of", std::to_string(rated - 1)});
  BOOST_TEST(has(earlier.out, "8.2, set at position"));
  BOOST_TEST(ask(data, {"explain", "movies", "99", "rating"}).exit_code == 1);
  const Ran no_column = ask(data, {"explain", "movies", "1", "stars"});
  BOOST_TEST(has(no_column.err, "rating"));
}

BOOST_AUTO_TEST_CASE(explain_says_when_the_read_model_is_not_what_the_events_say) {
  tests::TemporaryDirectory data;
  write_log(data);
  BOOST_TEST(ask(data, {"rebuild"}).exit_code == 0);
  sqlite3* file = nullptr;
  BOOST_REQUIRE(sqlite3_open((data / "readmodel" / "current.sqlite").c_str(), &file) == SQLITE_OK);
  BOOST_REQUIRE(sqlite3_exec(file, "UPDATE movies SET rating = 1 WHERE id = 1", nullptr, nullptr, nullptr) ==
                SQLITE_OK);
  sqlite3_close(file);
  const Ran ran = ask(data, {"explain", "movies", "1", "rating"});
  BOOST_TEST(ran.exit_code == 1);
  BOOST_TEST(has(ran.err, "catlog verify"));
}

BOOST_AUTO_TEST_CASE(rebuild_then_verify_sql_report_and_status_agree) {
  tests::TemporaryDirectory data;
  const tests::RecordScript script = write_log(data);
  write_state(data, script, [](auto&) {});
  BOOST_TEST(ask(data, {"rebuild"}).exit_code == 0);
  const Ran again = ask(data, {"rebuild", "--diff"});
  BOOST_TEST(again.exit_code == 0);
  BOOST_TEST(has(again.err, "no differences"));

  const Ran verified = ask(data, {"verify"});
  BOOST_TEST(verified.exit_code == 0, verified.out << verified.err);
  BOOST_TEST(verified.out == "ok\n");

  const std::string head = std::to_string(script.head());
  const Ran counted = ask(data, {"sql", "SELECT count(*) AS n FROM movies", "--format", "csv", "--wait-for", head});
  BOOST_TEST(counted.out == "n\r\n2\r\n");
  BOOST_TEST(ask(data, {"sql", "DELETE FROM movies"}).exit_code == 2);
  BOOST_TEST(ask(data, {"sql", "SELECT 1", "--wait-for", "1000000", "--timeout-s", "1"}).exit_code == 6);
  BOOST_TEST(ask(data, {"report", "catalogue"}).exit_code == 0);

  const Ran status = ask(data, {"status", "--json"});
  BOOST_TEST(has(status.out, "\"head\":" + head + ","));
  BOOST_TEST(has(status.out, "\"statePosition\":" + head + ",\"projectedPosition\":" + head + ",\"lag\":0"));
  BOOST_TEST(has(status.out, "\"running\":{}"));
}

BOOST_AUTO_TEST_CASE(rebuild_as_of_makes_a_file_of_its_own) {
  tests::TemporaryDirectory data;
  write_log(data);
  const std::string file = data / "then.sqlite";
  BOOST_TEST(ask(data, {"rebuild", "--as-of", "1", "--into", file}).exit_code == 0);
  BOOST_TEST(std::filesystem::exists(file));
  BOOST_TEST(ask(data, {"rebuild", "--as-of", "1", "--into", file}).exit_code == 2);
  BOOST_TEST(ask(data, {"rebuild", "--as-of", "9999", "--into", file + "2"}).exit_code == 2);
  BOOST_TEST(!std::filesystem::exists(data / "readmodel"));
}

BOOST_AUTO_TEST_CASE(verify_finds_a_wrong_a_missing_and_a_surplus_entry_of_the_state) {
  const auto movie = commandhandler::row_key(events::Entity::MOVIE, 1);
  const auto finding = [&](auto alter) {
    tests::TemporaryDirectory data;
    const tests::RecordScript script = write_log(data);
    write_state(data, script, alter);
    BOOST_TEST(ask(data, {"rebuild"}).exit_code == 0);
    const Ran ran = ask(data, {"verify"});
    BOOST_TEST(ran.exit_code == 1);
    return ran.out;
  };
  BOOST_TEST(has(finding([&](auto& changes) { changes.at(movie)->back() ^= 1; }), "movies/1 is not what the log says"));
  BOOST_TEST(has(finding([&](auto& changes) { changes.erase(movie); }), "movies/1 is missing in the decision state"));
  BOOST_TEST(has(
      finding([&](auto& changes) { changes[commandhandler::row_key(events::Entity::MOVIE, 77)] = changes.at(movie); }),
      "movies/77 is in the decision state, but not by the log"));
}
