#include <boost/test/unit_test.hpp>

#include <set>

#include "events/schema/model.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(constraints_test)

// SQLite alone refuses what breaks a rule on one row's values, a unique key or a reference: plain statements on a file
// that any sqlite3 shell could have opened.

using namespace catlog;
using namespace catlog::tests;
using events::Column;
using events::Kind;
using events::schema::Absent;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  projector::ReadModel model{directory / "model.sqlite", test_log_id, 1000, projector::Writing::live};
  Fixture() {
    RecordScript script = small_catalogue();
    script.command({user_registered(2, "bob")});
    script.command({trakt_linked(2, 2, "bob-trakt")});
    script.command({token_issued(2, 2)});
    script.command({source_added(2, 1)});
    script.command({download_started(2, 2)});
    script.command({season_described(2, 1, 2)});
    script.command({tv_show_described(2, "Lost")});
    script.command({sync_recorded(2, "other")});
    script.command({movie_translated(1, 2, "de", "Matrix")});
    script.command({tv_show_translated(1, 2, "de", "Draht")});
    script.command({genre_translated(1, 2, "fr", "Drame")});
    apply(model, script);
  }
  void refused(const std::string& sql) {
    BOOST_TEST_CONTEXT(sql)
    BOOST_CHECK_THROW(model.database().run(projector::Sql::generated(sql)), projector::ConstraintViolated);
  }
  // Each value is refused, and the good one is not: the statement fails for the reason that is meant.
  void column(const std::string& table, const std::string& name, const std::vector<std::string>& bad,
              const std::string& good) {
    for (const std::string& value : bad) refused("UPDATE " + table + " SET " + name + " = " + value + " WHERE id = 1");
    BOOST_TEST_CONTEXT(table << "." << name)
    BOOST_CHECK_NO_THROW(model.database().run(
        projector::Sql::generated("UPDATE " + table + " SET " + name + " = " + good + " WHERE id = 1")));
  }
};

const std::vector<std::string> blank = {"''",           "'  '",         "char(9, 10)",      "NULL",         "char(160)",
                                        "char(0x200b)", "char(0x3000)", "char(32, 0xfeff)", "char(0xe0041)"};
const std::vector<std::string> no_date = {"'1999'",       "'1999-13-01'",  "'2023-02-29'", "'1999-3-31'",
                                          "'31.3.1999'",  "'1999-03-31 '", "NULL",         "'1900-02-29'",
                                          "'2001-04-31'", "'2001-00-01'",  "'2001-01-00'", "'2001-01-32'"};
const std::vector<std::string> no_time = {
    "'2024-01-01'", "'2024-01-01T00:00:00.000'", "'2024-13-01 00:00:00.00'", "'2024-01-01 00:00:00.000Z'", "''", "0",
    "NULL"};
const std::string a_time = "'2031-01-02 03:04:05.678'";

// Calls `visit(table, column)` for each declared column of a row, whatever event sets it, where `of` holds. There must
// be some.
template <class Of, class Visit>
void each_column(Of&& of, Visit&& visit) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& event : events::model().events()) {
    const auto& entity = events::model().entity(event.entity);
    if (entity.is_link || (event.op != events::Op::CREATE && event.op != events::Op::UPDATE)) continue;
    for (const Column& column : event.columns)
      if (column.name != "id" && of(column) && seen.emplace(entity.table, column.name).second)
        visit(entity.table, column);
  }
  BOOST_TEST(!seen.empty());
}

auto of_kind(Kind kind) {
  return [kind](const Column& column) { return column.kind == kind; };
}
auto of_format(events::Format format) {
  return [format](const Column& column) { return column.format == format; };
}
std::string number(double value) { return fmt::format("{}", value); }

std::vector<std::string> bad_for(const Column& column, std::vector<std::string> values) {
  if (column.absent == Absent::NULL_) std::erase(values, "NULL");
  return values;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(constraints, Fixture)

BOOST_AUTO_TEST_CASE(what_must_say_something_is_not_blank) {
  each_column(of_format(events::Format::NON_BLANK), [&](const auto& table, const Column& each) {
    // One that may be NULL is, in this catalogue.
    column(table, each.name, bad_for(each, blank), each.absent == Absent::NULL_ ? std::string("'x'") : each.name);
  });
}

BOOST_AUTO_TEST_CASE(only_optional_columns_may_be_null) {
  const auto is_optional = [](const Column& each) { return each.absent == Absent::NULL_; };
  each_column(is_optional, [&](const auto& table, const Column& each) { column(table, each.name, {}, "NULL"); });
  each_column([&](const Column& each) { return !is_optional(each); },
              [&](const auto& table, const Column& each) {
                refused("UPDATE " + table + " SET " + each.name + " = NULL WHERE id = 1");
              });
}

BOOST_AUTO_TEST_CASE(text_that_may_be_unknown_may_be_empty) {
  each_column(
      [](const Column& each) {
        return each.kind == Kind::text && each.format == events::Format::ANY && each.absent == Absent::ZERO;
      },
      [&](const auto& table, const Column& each) { column(table, each.name, {}, "''"); });
}

BOOST_AUTO_TEST_CASE(numbers_are_finite_and_in_their_ranges) {
  each_column(of_kind(Kind::real), [&](const auto& table, const Column& each) {
    std::vector<std::string> bad = {"9e999", "-9e999", "'x'", number(each.least.value() - 0.1)};
    if (each.most) bad.push_back(number(*each.most + 0.1));
    column(table, each.name, bad, number(each.most.value_or(7.5)));
  });
  each_column(
      [](const Column& each) { return each.kind == Kind::integer && each.least; },
      [&](const auto& table, const Column& each) {
        column(table, each.name, {number(*each.least - 1), number(*each.least - 5), "1.5"}, number(*each.least + 76));
        column(table, each.name, {}, number(*each.least));
      });
}

BOOST_AUTO_TEST_CASE(run_times_are_positive_integers) {
  column("tv_shows", "episodeRunTime",
         {"'[0]'", "'[-1]'", "'[1.5]'", "'[\"1\"]'", "'[[1]]'", "'[45,0]'", "'[45,01]'", "'45'", "'{}'", "'[45'", "''",
          "'null'", "'[null]'", "NULL"},
         "'[45,60]'");
  column("tv_shows", "episodeRunTime", {}, "'[]'");
}

BOOST_AUTO_TEST_CASE(dates_are_days_of_the_calendar_or_empty) {
  each_column(of_format(events::Format::DATE), [&](const auto& table, const Column& each) {
    column(table, each.name, no_date, "''");
    // SQLite's date() makes 0300-02-29 of it.
    for (const char* good : {"'0300-03-01'", "'0000-02-29'", "'2000-02-29'", "'2024-02-29'", "'9999-12-31'"})
      column(table, each.name, {}, good);
  });
}

BOOST_AUTO_TEST_CASE(times_have_their_form) {
  each_column(of_kind(Kind::datetime),
              [&](const auto& table, const Column& each) { column(table, each.name, bad_for(each, no_time), a_time); });
  for (const auto& entity : events::model().entities())
    if (!entity.created.empty() && entity.updated.empty()) column(entity.table, entity.created, no_time, a_time);
}

BOOST_AUTO_TEST_CASE(nothing_is_updated_before_it_was_created) {
  std::vector<std::string> bad = no_time;
  bad.push_back("'2001-01-01 00:00:00.000'");
  for (const auto& entity : events::model().entities())
    if (!entity.updated.empty()) column(entity.table, entity.updated, bad, a_time);
}

BOOST_AUTO_TEST_CASE(hashes_have_their_form_and_are_the_magnets) {
  std::string forty = info_hash(1);
  column("movie_sources", "infoHash",
         {"'" + forty.substr(1) + "'", "'" + forty.substr(1) + "A'", "'" + forty.substr(1) + "g'",
          "'" + info_hash(77) + "'", "''", "NULL"},
         "'" + forty + "'");
  column(
      "movie_sources", "magnetUri",
      {"'magnet:?xt=urn:btih:" + info_hash(77) + "'", "'magnet:?xt=urn:btmh:1220" + std::string(64, 'a') + "'", "NULL"},
      "'magnet:?xt=urn:btih:" + forty + "&dn=x'");
  column("movie_sources", "magnetUri",
         {"'magnet:?xt=urn:btih:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB&dn=x'", "'magnet:?dn=x&xt=urn:btih:" + forty + "'",
          "'magnet:?xt=urn:btih:" + forty + "0'", "'" + forty + "'"},
         "'magnet:?xt=urn:btih:' || upper('" + forty + "')");
}

BOOST_AUTO_TEST_CASE(languages_are_two_letters) {
  each_column(of_format(events::Format::LANGUAGE), [&](const auto& table, const Column& each) {
    column(table, each.name, {"''", "'e'", "'eng'", "'EN'", "'es-MX'", "'e1'", "NULL"}, "'it'");
  });
}

BOOST_AUTO_TEST_CASE(enumerations_hold_their_spellings_only) {
  each_column(of_kind(Kind::enumeration), [&](const auto& table, const Column& each) {
    for (const auto enumerant : each.field.getType().asEnum().getEnumerants()) {
      const std::string spelled(events::spelling(enumerant));
      if (enumerant.getOrdinal() == 0) continue;
      const std::string other = spelled[0] >= 'a' ? "upper" : "lower";
      column(table, each.name, {"'no such'", "'unset'", "''", other + "('" + spelled + "')"}, "'" + spelled + "'");
    }
  });
}

BOOST_AUTO_TEST_CASE(flags_are_zero_or_one) {
  each_column(of_kind(Kind::flag), [&](const auto& table, const Column& each) {
    column(table, each.name, {"2", "-1", "'true'", "NULL"}, "1");
    column(table, each.name, {}, "0");
  });
}

BOOST_AUTO_TEST_CASE(secrets_have_the_form_of_what_may_be_stored) {
  column("users", "passwordHash", {"'secret'", "''", "'" + std::string(60, 'x') + "'", "NULL"},
         std::string("'") + bcrypt_hash + "'");
  column("refresh_tokens", "token", {"'a token'", "'" + std::string(64, 'G') + "'", "NULL"},
         "'" + std::string(64, 'a') + "'");
}

BOOST_AUTO_TEST_CASE(json_is_json) { column("audit_logs", "metadata", {"'{'", "'x'", "''"}, "'{\"a\":[1]}'"); }

BOOST_AUTO_TEST_CASE(keys_are_unique) {
  for (const char* sql :
       {"UPDATE movies SET tmdbId = 1002 WHERE id = 1", "UPDATE tv_shows SET tmdbId = 2002 WHERE id = 1",
        "UPDATE seasons SET seasonNumber = 2 WHERE id = 1", "UPDATE episodes SET episodeNumber = 2 WHERE id = 1",
        "UPDATE movie_sources SET infoHash = (SELECT infoHash FROM movie_sources WHERE id = 2), magnetUri = (SELECT "
        "magnetUri FROM movie_sources WHERE id = 2) WHERE id = 1",
        "UPDATE storage SET infoHash = (SELECT infoHash FROM storage WHERE id = 2) WHERE id = 1",
        "UPDATE users SET username = 'bob' WHERE id = 1", "UPDATE genres SET tmdbId = 3002 WHERE id = 1",
        "UPDATE refresh_tokens SET token = (SELECT token FROM refresh_tokens WHERE id = 2) WHERE id = 1",
        "UPDATE trakt_users SET userId = 2 WHERE id = 1", "UPDATE sync_states SET key = 'other' WHERE id = 1",
        "UPDATE movie_translations SET language = 'de' WHERE id = 1",
        "UPDATE tv_show_translations SET language = 'de' WHERE id = 1",
        "UPDATE genre_translations SET language = 'fr' WHERE id = 1", "INSERT INTO movie_genres VALUES (1, 1)",
        "INSERT INTO tv_show_genres VALUES (1, 1)", "INSERT INTO media_list_movies VALUES (1, 1)",
        "INSERT INTO media_list_tv_shows VALUES (1, 1)"})
    refused(sql);
}

BOOST_AUTO_TEST_CASE(references_lead_somewhere) {
  for (const char* sql :
       {"UPDATE seasons SET tvShowId = 99", "UPDATE episodes SET seasonId = 99",
        "UPDATE movie_sources SET movieId = 99",
        "UPDATE storage SET infoHash = '00000000000000000000000000000000000000ff' WHERE id = 1",
        "UPDATE refresh_tokens SET userId = 99", "UPDATE trakt_users SET userId = 99 WHERE id = 1",
        "UPDATE audit_logs SET userId = 99", "UPDATE genre_translations SET genreId = 99",
        "UPDATE movie_translations SET movieId = 99", "UPDATE tv_show_translations SET tvShowId = 99",
        "INSERT INTO movie_genres VALUES (99, 1)", "INSERT INTO movie_genres VALUES (1, 99)",
        "INSERT INTO tv_show_genres VALUES (99, 1)", "INSERT INTO tv_show_genres VALUES (1, 99)",
        "INSERT INTO media_list_movies VALUES (99, 1)", "INSERT INTO media_list_movies VALUES (1, 99)",
        "INSERT INTO media_list_tv_shows VALUES (99, 1)", "INSERT INTO media_list_tv_shows VALUES (1, 99)"})
    refused(sql);
}

BOOST_AUTO_TEST_CASE(what_others_need_cannot_be_deleted) {
  for (const char* sql : {"DELETE FROM tv_shows WHERE id = 1", "DELETE FROM movies WHERE id = 1",
                          "DELETE FROM movie_sources WHERE id = 1", "DELETE FROM genres WHERE id = 1"})
    refused(sql);
}

BOOST_AUTO_TEST_CASE(deleting_takes_what_belongs_to_it) {
  model.database().run(
      "DELETE FROM storage; DELETE FROM movie_sources; DELETE FROM seasons WHERE id = 1; DELETE FROM users WHERE id = "
      "1;"
      "DELETE FROM movies WHERE id = 1; DELETE FROM media_lists");
  for (const char* sql :
       {"SELECT count(*) FROM episodes", "SELECT count(*) FROM refresh_tokens WHERE userId = 1",
        "SELECT count(*) FROM trakt_users WHERE userId = 1", "SELECT count(*) FROM audit_logs WHERE userId IS NOT NULL",
        "SELECT count(*) FROM movie_translations", "SELECT count(*) FROM movie_genres",
        "SELECT count(*) FROM media_list_movies", "SELECT count(*) FROM media_list_tv_shows"})
    BOOST_TEST(one_value(model.database(), sql) == "0", sql);
  BOOST_TEST(one_value(model.database(), "SELECT count(*) FROM audit_logs") == "1");
}

BOOST_AUTO_TEST_CASE(there_is_one_checkpoint) {
  refused("INSERT INTO projection_checkpoint (id, logId, position, schemaVersion) VALUES (2, 'x', 1, 1)");
  refused("UPDATE projection_checkpoint SET state = 'old'");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
