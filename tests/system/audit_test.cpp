#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/support/commands.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(audit_test)

// The questions of somebody who audits: who did what, when, by which command, and to what.
namespace {

using namespace catlog;
using namespace catlog::tests;

struct House {
  DataDirectory data{CATLOG_BIN};
  House() {
    Daemon daemon = data.start();
    for (const auto& file : demo_files(CATLOG_SOURCE)) data.catlog({"send"}, read_text(file));
    BOOST_TEST_REQUIRE(daemon.terminate() == 0);
  }
  std::vector<Row> log(std::vector<std::string> filters) const {
    filters.insert(filters.begin(), "log");
    return read_lines(data.out_of(filters));
  }
  size_t count(std::vector<std::string> filters) const { return log(std::move(filters)).size(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(of_an_auditor, House)

BOOST_AUTO_TEST_CASE(events_are_found_by_what_is_known_of_them) {
  const size_t all = count({});
  const auto by_mia = log({"--actor", "mia"});
  BOOST_TEST(by_mia.size() > 0u);
  BOOST_TEST(by_mia.size() < all);
  for (const Row& event : by_mia) BOOST_TEST(read_row(event.at("actor")).at("userId") == "1");
  BOOST_TEST(count({"--actor", "1"}) == by_mia.size());

  const auto of_import = log({"--correlation", "demo:movies"});
  BOOST_TEST(of_import.size() > 0u);
  for (const Row& event : of_import) BOOST_TEST(event.at("correlationId") == "\"demo:movies\"");
  const std::string command = of_import.front().at("commandId");
  const auto of_command = log({"--command", command.substr(1, command.size() - 2)});
  BOOST_TEST(of_command.size() > 0u);
  for (const Row& event : of_command) BOOST_TEST(event.at("commandId") == command);

  const size_t translations = count({"--table", "movie_translations"});
  BOOST_TEST(translations == count({"--type", "movieTranslated"}) + count({"--type", "movieTranslationRemoved"}));
  BOOST_TEST(translations > 0u);
  BOOST_TEST(count({"--table", "movie_translations", "--actor", "mia", "--type", "movieRated"}) == 0u);
}

BOOST_AUTO_TEST_CASE(times_and_dates_stand_for_positions) {
  const size_t all = count({});
  BOOST_TEST(count({"--since", "2001-01-01"}) == all);
  BOOST_TEST(count({"--until", "2001-01-01"}) == 0u);
  const auto events = log({});
  const std::string quoted = events.at(events.size() / 2).at("recordedAt");
  const std::string time = quoted.substr(1, quoted.size() - 2);
  BOOST_TEST(log({"--since", time}).front().at("recordedAt") == quoted);
  BOOST_TEST(log({"--until", time}).back().at("recordedAt") == quoted);
  BOOST_TEST(data.catlog({"log", "--since", "yesterday"}).exit_code == 2);
  BOOST_TEST(count({"--from", "2001-01-01+02:00", "--to", "9000-01-01"}) == all);
  const Ran ahead = data.catlog({"log", "--until", "9000-01-01"});
  BOOST_TEST(has(ahead.err, "9000-01-01 is still to come; the log ends at position " + std::to_string(all)), ahead.err);
}

BOOST_AUTO_TEST_CASE(a_moment_may_say_less_than_rfc_3339) {
  const std::string head = std::to_string(count({}));
  for (const char* moment :
       {"2101-02-03", "2101-02-03Z", "2101-02-03-05:00", "2101-02-03T04:05", "2101-02-03 04:05+01:00",
        "2101-02-03T04:05:06", "2101-02-03T04:05:06.5Z", "2101-02-03t04:05:06+01:00"})
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"log", "--since"}, {"log", "--from"}, {"log", "--to"}, {"prove", "1", "--at"}}) {
      std::vector<std::string> asked = command;
      asked.emplace_back(moment);
      const Ran ran = data.catlog(asked);
      BOOST_TEST(ran.exit_code == 0, ran.err);
      BOOST_TEST(has(ran.err, std::string(moment) + " is still to come; the log ends at position " + head), ran.err);
    }
  for (const char* none : {"2101-02-30", "2101-02", "2101-02-03T4:05", "2101-02-03+2:00", "-1", "1e3", "yesterday"})
    BOOST_TEST(data.catlog({"log", "--from", none}).exit_code == 2, none);
  BOOST_TEST(data.catlog({"prove", "--from", "2001-01-01"}).exit_code == 2);  // there was no log yet
}

BOOST_AUTO_TEST_CASE(events_are_rows_for_whoever_wants_them_so) {
  const std::vector<std::string> registered{"log", "--type", "userRegistered", "--actor", "mia", "--limit", "1"};
  const auto as = [&](const char* format) {
    std::vector<std::string> asked = registered;
    asked.insert(asked.end(), {"--format", format});
    return data.out_of(asked);
  };
  const Row event = read_row(data.out_of(registered));
  BOOST_TEST(as("jsonl") == data.out_of(registered));
  BOOST_TEST(as("json") == "[\n" + data.out_of(registered).substr(0, as("jsonl").size() - 1) + "\n]\n");
  const std::string csv = as("csv");
  BOOST_TEST(csv.starts_with(
      "position,recordedAt,commandId,correlationId,userId,ipAddress,userAgent,stream,version,event,values,names\r\n"));
  BOOST_TEST(has(csv, "\r\n" + event.at("position") + ","), csv);
  BOOST_TEST(has(csv, ",userRegistered,\"{"), csv);
  BOOST_TEST(!has(csv, "$2b$"), csv);  // secrets are left out here too
  BOOST_TEST(has(as("markdown"), "| userRegistered |"));
  BOOST_TEST(data.out_of({"log", "--limit", "0", "--format", "json"}) == "[]\n");
  BOOST_TEST(read_lines(data.out_of({"log", "--format", "jsonl"})).size() == count({}));
}

BOOST_AUTO_TEST_CASE(rows_are_named_by_what_they_are_known_by) {
  const std::string by_id = data.out_of({"history", "movies/1"});
  for (const char* name : {"movies/9761", "movies/tmdb:9761", "movies/imdb:tt0807840"}) {
    const bool is_id = std::string(name) == "movies/9761";  // a number alone is an id
    BOOST_TEST((data.catlog({"history", name}).out == by_id) == !is_id, name);
  }
  BOOST_TEST(data.out_of({"history", "users/mia"}) == data.out_of({"history", "users/1"}));
  BOOST_TEST(data.out_of({"explain", "movies", "tmdb:9761", "rating"}) ==
             data.out_of({"explain", "movies", "1", "rating"}));
  BOOST_TEST(count({"--stream", "movies/tmdb:9761"}) == count({"--stream", "movies/1"}));
  BOOST_TEST(data.out_of({"history", "sync_states/trakt:ada"}) != "");  // a key with a colon of its own
  const Ran unknown = data.catlog({"history", "users/nobody"});
  BOOST_TEST(unknown.exit_code == 2);
  BOOST_TEST(has(unknown.err, "no row of users with username nobody"), unknown.err);
  BOOST_TEST(data.catlog({"destroy-key", "users/omar"}).exit_code == 2);  // what is for good is of who is there
  BOOST_TEST(data.catlog({"history", "seasons/first"}).exit_code == 2);   // its key is two columns
  BOOST_TEST(data.catlog({"log", "--actor", "nobody"}).exit_code == 2);
  const Ran no_type = data.catlog({"log", "--type", "movieSeen"});
  BOOST_TEST(no_type.exit_code == 2);
  BOOST_TEST(has(no_type.err, "`catlog describe` lists"), no_type.err);
  BOOST_TEST(has(data.out_of({"describe"}), "movieRated"));
}

BOOST_AUTO_TEST_CASE(rows_that_were_removed_keep_their_names) {
  const std::string history = data.out_of({"history", "users/5"});  // the demo's user who is removed again
  BOOST_TEST(has(history, "userRemoved"), history);
  const Ran removed = data.catlog({"history", "users/omar"});
  BOOST_TEST(removed.out == history);
  BOOST_TEST(has(removed.err, "username omar of users is users/5"), removed.err);
  BOOST_TEST(has(data.out_of({"explain", "users/omar", "role"}), "and the row was removed"));
  BOOST_TEST(count({"--actor", "omar"}) == count({"--actor", "5"}));
  BOOST_TEST(count({"--stream", "users/omar"}) == count({"--stream", "users/5"}));

  // A name that is used again: today's row, and the one of that time.
  const events::Position then = data.head();
  {
    Daemon daemon = data.start();
    data.catlog({"send"}, user_fields("omar").as("registerUser") + "\n");
    BOOST_TEST_REQUIRE(daemon.terminate() == 0);
  }
  BOOST_TEST(has(data.out_of({"history", "users/omar"}), "users/7 v1"));
  const Ran earlier = data.catlog({"history", "users/omar", "--as-of", std::to_string(then)});
  BOOST_TEST(earlier.out == history, earlier.err);
  BOOST_TEST(has(data.out_of({"explain", "users/omar", "role", "--as-of", std::to_string(then)}), "users/5 v"));
  BOOST_TEST(data.catlog({"history", "users/omar", "--as-of", "1"}).exit_code == 2);  // nobody yet

  BOOST_TEST(has(data.out_of({"history", "--help"}), "of the one that had it last: which row that is"));

  // Without a read model the log alone says it.
  std::filesystem::remove_all(data / "readmodel");
  const Ran alone = data.catlog({"history", "users/omar"});
  BOOST_TEST(has(alone.out, "users/7 v1"), alone.err);
  BOOST_TEST(has(alone.err, "before it users/5"), alone.err);
}

// An IMDb id is no unique name: what one row gave up another may have.
BOOST_AUTO_TEST_CASE(a_name_at_a_position_is_of_the_row_that_has_it_there) {
  const auto put = [&](int tmdb_id, const std::string& imdb_id) {
    data.catlog({"send"}, movie_fields(tmdb_id).with("imdbId", json_text(imdb_id)).as("putMovie") + "\n");
    return data.head();
  };
  events::Position first = 0, none = 0, second = 0, both = 0;
  {
    Daemon daemon = data.start();
    first = put(990'001, "tt9900001");
    none = put(990'001, "tt9900002");
    second = put(990'002, "tt9900001");
    both = put(990'003, "tt9900001");
    BOOST_TEST_REQUIRE(daemon.terminate() == 0);
  }
  const auto at = [&](events::Position position) {
    return data.catlog({"history", "movies/imdb:tt9900001", "--as-of", std::to_string(position)});
  };
  const auto of = [&](int tmdb_id, events::Position position) {
    return data.out_of({"history", fmt::format("movies/tmdb:{}", tmdb_id), "--as-of", std::to_string(position)});
  };
  BOOST_TEST(at(first).out == of(990'001, first));
  BOOST_TEST(at(none).out == of(990'001, none));  // it had it last
  BOOST_TEST(at(second).out == of(990'002, second));
  BOOST_TEST(has(at(second).err, "; before it movies/"), at(second).err);
  BOOST_TEST(at(both).exit_code == 2);
  BOOST_TEST(has(at(both).err, "several rows of movies have imdbId tt9900001"), at(both).err);
}

BOOST_AUTO_TEST_CASE(a_row_is_written_with_a_slash_or_as_two_words) {
  BOOST_TEST(data.out_of({"history", "users", "mia"}) == data.out_of({"history", "users/mia"}));
  BOOST_TEST(data.out_of({"history", "movie_genres", "1"}) == data.out_of({"history", "movie_genres/1"}));
  const std::string role = data.out_of({"explain", "users", "mia", "role"});
  BOOST_TEST(data.out_of({"explain", "users/mia", "role"}) == role);
  BOOST_TEST(data.out_of({"explain", "movies/tmdb:9761", "rating"}) ==
             data.out_of({"explain", "movies", "tmdb:9761", "rating"}));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"explain", "users", "mia"},
                                                {"explain", "users/mia"},
                                                {"explain", "users/", "role"},
                                                {"explain", "users/mia", "1", "role"},
                                                {"history", "users/mia", "1"}})
    BOOST_TEST(data.catlog(wrong).exit_code == 2, wrong.back());
}

BOOST_AUTO_TEST_CASE(how_rows_are_named_is_said_where_none_is) {
  for (const char* name : {"movies/", "movies", "movies/tt0807840"}) {
    const Ran ran = data.catlog({"history", name});
    BOOST_TEST(ran.exit_code == 2, name);
    BOOST_TEST(has(ran.err, "movies/42 or movies/tmdb:.. or movies/imdb:.."), ran.err);
  }
  BOOST_TEST(has(data.catlog({"history", "users/"}).err, "users/42 or users/ and a username"));
}

BOOST_AUTO_TEST_CASE(a_log_in_which_nothing_matches_says_so) {
  for (const std::vector<std::string>& nothing :
       {std::vector<std::string>{"--actor", "77"}, {"--until", "2020-01-01"}, {"--type", "movieRated", "--to", "1"}}) {
    std::vector<std::string> asked = nothing;
    asked.insert(asked.begin(), "log");
    const Ran ran = data.catlog(asked);
    BOOST_TEST(ran.exit_code == 0, ran.err);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(has(ran.err, "no event matches"), ran.err);
  }
  BOOST_TEST(!has(data.catlog({"log", "--limit", "1"}).err, "no event"));
  for (const std::vector<std::string>& backwards : {std::vector<std::string>{"--from", "100", "--to", "50"},
                                                    {"--since", "2026-02-01", "--until", "2026-01-01"},
                                                    {"--from", "2026-02-01", "--until", "2026-01-01"}}) {
    std::vector<std::string> asked = backwards;
    asked.insert(asked.begin(), "log");
    const Ran ran = data.catlog(asked);
    BOOST_TEST(ran.exit_code == 2, asked.back());
    BOOST_TEST(has(ran.err, "the end is before the beginning"), ran.err);
  }
  // What is still to come is the log's end.
  BOOST_TEST(data.catlog({"log", "--since", "9000-01-01"}).exit_code == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
