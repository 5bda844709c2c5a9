#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "events/schema/model.h"
#include "projector/query/reports.h"
#include "projector/sqlite/migrations.h"
#include "tests/support/asked_read_model.h"

BOOST_AUTO_TEST_SUITE(reports_test)

using namespace catlog;
using namespace catlog::tests;
using events::Exit;
using events::Failure;
using projector::Format;

namespace {

struct Fixture : AskedReadModel {
  // As CSV.
  std::string report(std::string_view name, const std::vector<projector::Parameter>& given = {}) {
    std::ostringstream out;
    projector::run_report(file, *projector::report_named(name), {Format::csv}, limits, out, {given, &log});
    return out.str();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(reports, Fixture)

BOOST_AUTO_TEST_CASE(every_report_runs_and_tells_its_position) {
  for (const projector::Report& report : projector::reports()) {
    std::ostringstream out;
    projector::run_report(file, report, {Format::table}, limits, out, {.log = &log});
    BOOST_TEST_CONTEXT(report.name) {
      BOOST_TEST(projector::report_named(report.name) == &report);
      BOOST_TEST(out.str().find("as of position " + std::to_string(script.head())) != std::string::npos);
      BOOST_TEST(out.str().find("sealed-") == std::string::npos);
      BOOST_TEST(out.str().find("$2b$") == std::string::npos);
    }
  }
  BOOST_TEST(projector::report_named("nothing") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_a_report_draws_is_in_it) {
  for (const projector::Report& report : projector::reports()) BOOST_TEST_CONTEXT(report.name)
  BOOST_TEST(projector::picture_of(file, report, limits, {.log = &log}, "").plot.has_value() ==
             !report.drawn.number.empty());
}

BOOST_AUTO_TEST_CASE(growth_and_catalogue_count_what_there_is) {
  const std::string kept = report("catalogue");
  BOOST_TEST(kept.starts_with("table,rows\r\nmovies,2\r\n"), kept);
  projector::Database database(file, projector::Open::write);
  database.run("DELETE FROM projection_digests");  // as after a migration
  BOOST_TEST(report("catalogue") == kept);
  database.run("UPDATE movie_sources SET createdAt = '2026-03-01 00:00:00.000', updatedAt = '2026-03-01 00:00:00.000'");
  database.run("UPDATE movies SET createdAt = '2026-01-31 00:00:00.000', updatedAt = '2026-03-01 00:00:00.000'");
  for (const char* sql :
       {"UPDATE tv_shows SET createdAt = '2026-02-01 00:00:00.000', updatedAt = '2026-03-01 00:00:00.000'",
        "UPDATE users SET createdAt = '2026-02-01 00:00:00.000', updatedAt = '2026-03-01 00:00:00.000'",
        "UPDATE audit_logs SET createdAt = '2026-02-28 23:59:59.999'"})
    database.run(projector::Sql::generated(sql));
  const std::string growth = report("growth");
  BOOST_TEST(growth.starts_with("month,movies,shows,seasons,episodes,sources,downloads,genres,translations,lists,users,"
                                "tokens,traktLinks,syncs,audited\r\n"),
             growth);
  BOOST_TEST(growth.find("\r\n2026-01,2,0,0,0,0,") != std::string::npos, growth);
  BOOST_TEST(growth.find("2026-03,0,0,") != std::string::npos);
  // Every table with a time of its own is in one of the columns.
  std::string all = "SELECT 0";
  for (const auto& entity : events::model().entities())
    if (!entity.table.empty() && !entity.created.empty()) all += " + (SELECT count(*) FROM " + entity.table + ")";
  std::istringstream lines(growth);
  int64_t made = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("20")) continue;
    std::istringstream cells(line);
    std::string cell;
    for (std::getline(cells, cell, ','); std::getline(cells, cell, ',');) made += std::stoll(cell);
  }
  projector::Statement rows(database, projector::Sql::generated(all));
  rows.step();
  BOOST_TEST(made == rows.integer(0));
}

BOOST_AUTO_TEST_CASE(changes_and_the_logs_growth_are_counted) {
  const std::string since = std::to_string(script.head() - 1);
  BOOST_TEST(report("changes", {{"since", since}}).find(fmt::format(",1,1,{0},{0},", script.head())) !=
             std::string::npos);
  BOOST_TEST(report("changes", {{"since", std::to_string(script.head())}}) ==
             "table,event,events,rows,first,last,lastRecordedAt\r\n");
  BOOST_TEST(
      report("log-growth", {})
          .starts_with(fmt::format("month,events,events in all,MB of records\r\n2023-11,{0},{0},", script.head())));
}

BOOST_AUTO_TEST_CASE(a_report_of_an_earlier_schema_says_what_to_do) {
  {
    projector::Database database(file, projector::Open::write);
    projector::migrate(database, projector::migrations(), 5);
  }
  std::ostringstream out;
  BOOST_CHECK_EXCEPTION(projector::run_report(file, projector::reports().front(), {Format::csv}, limits, out, {}),
                        Failure, [](const Failure& failure) {
                          return failure.code() == Exit::usage &&
                                 std::string_view(failure.what()).find("catlog migrate") != std::string_view::npos;
                        });
}

BOOST_AUTO_TEST_CASE(the_first_columns_of_a_report_are_of_one_row) {
  {
    projector::Database database(file, projector::Open::write);
    database.run(
        "INSERT INTO audit_logs (id, userId, action, severity, metadata, createdAt) SELECT 100 + value, 1, "
        "iif(value % 2, 'ROLE_CHANGE', 'LOGIN'), iif(value < 5, 'INFO', 'ERROR'), NULL, '2026-03-01 00:00:00.000' FROM "
        "json_each('[1,2,3,4,5,6,7,8]')");
  }
  for (const projector::Report& report : projector::reports()) BOOST_TEST_CONTEXT(report.name) {
      const auto rows = projector::collect_query(file, projector::question_of(report, {.log = &log}), limits).rows.rows;
      std::set<std::vector<std::string>> keys;
      for (const auto& row : rows) {
        std::vector<std::string> key;
        for (size_t i = 0; i < report.key_columns; ++i) key.push_back(row.at(i).text);
        keys.insert(std::move(key));
      }
      BOOST_TEST(keys.size() == rows.size());
    }
}

BOOST_AUTO_TEST_CASE(a_parameter_of_another_kind_is_wrong_use) {
  const auto refused = [&](std::string_view name, const projector::Parameter& given, std::string_view wanted) {
    BOOST_CHECK_EXCEPTION(report(name, {given}), Failure, [&](const Failure& failure) {
      BOOST_TEST(std::string_view(failure.what()).find(wanted) != std::string_view::npos, failure.what());
      return failure.code() == Exit::usage;
    });
  };
  for (const char* value : {"x", "-5", "", "1.5", "7 days", "36501", "99999999999999999999"})
    refused("weak-sources", {"days", value}, "days of the report weak-sources is a whole number of days, 0 to 36500");
  for (const char* value : {"x", "0", "-1", "1e3"})
    refused("weak-sources", {"rows", value}, "rows of the report weak-sources is a whole number of rows");
  refused("changes", {"since", "x"}, "a position of the log or a time");
  refused("weak-sources", {"now", "soon"}, "a time, such as");
  refused("weak-sources", {"weeks", "3"}, "no parameter weeks");
  report("weak-sources", {{"days", "0"}, {"rows", "1"}, {"now", "2026-03-01 00:00:00.000"}});
}

BOOST_AUTO_TEST_CASE(a_report_is_of_the_moment_that_is_asked_about) {
  {
    projector::Database database(file, projector::Open::write);
    database.run(
        "UPDATE movie_sources SET seeds = 5, score = 5, lastSeen = '2026-03-01 00:00:00.000';"
        "UPDATE refresh_tokens SET expiresAt = '2026-03-10 00:00:00.000'");
  }
  const auto lines = [&](std::string_view name, std::string now, std::vector<projector::Parameter> given = {}) {
    std::ostringstream out;
    projector::run_report(file, *projector::report_named(name), {Format::csv}, limits, out,
                          {std::move(given), &log, std::move(now)});
    return std::ranges::count(out.str(), '\n');
  };
  const std::string march = "2026-03-02 00:00:00.000", may = "2026-05-01 00:00:00.000";
  BOOST_TEST(lines("weak-sources", march) == 1);
  BOOST_TEST(lines("weak-sources", may) == 2);
  BOOST_TEST(lines("weak-sources", march, {{"now", may}}) == 2);
  BOOST_TEST(lines("expiring-tokens", "2026-03-01 00:00:00.000") == 1);
  BOOST_TEST(lines("expiring-tokens", "2026-03-05 00:00:00.000") == 2);
}

BOOST_AUTO_TEST_CASE(failed_logins_and_role_changes_name_who_it_was) {
  {
    projector::Database database(file, projector::Open::write);
    database.run(
        "INSERT INTO users SELECT 2, 'bob', passwordHash, role, isActive, createdAt, updatedAt FROM users WHERE id = "
        "1");
    database.run(R"(
      INSERT INTO audit_logs (id, userId, action, severity, metadata, ipAddress, createdAt) VALUES
        (101, NULL, 'LOGIN_FAILURE', 'WARNING', '{"username":"root","tries":5}', '192.0.2.1', '2026-03-01 00:00:00.000'),
        (102, NULL, 'LOGIN_FAILURE', 'WARNING', '{"username":"root"}', '192.0.2.1', '2026-03-02 00:00:00.000'),
        (103, NULL, 'LOGIN_FAILURE', 'WARNING', '{"username":"admin"}', '192.0.2.1', '2026-03-02 00:00:00.000'),
        (104, NULL, 'LOGIN_FAILURE', 'WARNING', '["root"]', '192.0.2.1', '2026-03-02 00:00:00.000'),
        (105, 1, 'LOGIN_FAILURE', 'WARNING', NULL, '192.0.2.2', '2026-03-02 00:00:00.000'),
        (106, 1, 'LOGIN_FAILURE', 'WARNING', NULL, '192.0.2.2', '2026-01-01 00:00:00.000'),
        (107, 2, 'ROLE_CHANGE', 'INFO', '{"actorUserId":1}', '192.0.2.3', '2026-03-03 00:00:00.000'))");
  }
  BOOST_TEST(report("failed-logins", {{"now", "2026-03-03 00:00:00.000"}, {"days", "7"}}) ==
             "username,ipAddress,isUser,failures,first,last\r\n"
             "root,192.0.2.1,0,2,2026-03-01 00:00:00.000,2026-03-02 00:00:00.000\r\n"
             ",192.0.2.1,0,1,2026-03-02 00:00:00.000,2026-03-02 00:00:00.000\r\n"
             "ada,192.0.2.2,1,1,2026-03-02 00:00:00.000,2026-03-02 00:00:00.000\r\n"
             "admin,192.0.2.1,0,1,2026-03-02 00:00:00.000,2026-03-02 00:00:00.000\r\n");
  BOOST_TEST(report("role-changes") ==
             "id,createdAt,username,resource,byUsername,byUserId,ipAddress\r\n"
             "107,2026-03-03 00:00:00.000,bob,,ada,1,192.0.2.3\r\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
