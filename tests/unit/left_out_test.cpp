#include "events/record.h"

#include <boost/test/unit_test.hpp>

#include <sstream>

#include "events/json.h"
#include "events/message.h"
#include "projector/as_of_cache.h"
#include "projector/compare.h"
#include "projector/generations.h"
#include "projector/left_out.h"
#include "projector/rebuild.h"
#include "projector/reports.h"
#include "projector/verify.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Open;
using projector::Quarantine;
using projector::ReadModel;
using projector::Writing;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  Quarantine list{log.id()};

  void add(const std::vector<EventDraft>& drafts) {
    script.command(drafts);
    script.append_to(log);
  }
  void quarantine(events::Position position, const std::string& why = "a bad event") {
    list.add({position, why, 0, "root"});
  }
  // The live projection of the whole log, closed.
  std::filesystem::path live(const std::string& name = "live.sqlite") {
    ReadModel model(directory / name, log.id(), log.head(), Writing::live, list);
    projector::catch_up(model, log, projector::whole_log);
    model.close();
    return directory / name;
  }
  std::filesystem::path rebuilt() {
    projector::build_file(log, list, directory / "rebuilt.sqlite", projector::whole_log);
    return directory / "rebuilt.sqlite";
  }
  std::string ask(const std::filesystem::path& file, const std::string& sql) {
    return one_value(Database(file, Open::read), sql);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(left_out, Fixture)

BOOST_AUTO_TEST_CASE(a_quarantined_event_passes_and_leaves_its_position_and_reason) {
  add({movie_rated(1, 3, 3), movie_described(2, " "), movie_rated(1, 4, 4)});  // one command
  quarantine(script.head() - 1, "a title of blanks");
  const auto file = live();
  BOOST_TEST(ask(file, "SELECT title FROM movies WHERE id = 2") != " ");
  BOOST_TEST(ask(file, "SELECT rating FROM movies WHERE id = 1") == "4.0");
  BOOST_TEST(ask(file, "SELECT position FROM projection_checkpoint") == std::to_string(script.head()));
  BOOST_TEST(ask(file, "SELECT position || why FROM projection_quarantine") ==
             std::to_string(script.head() - 1) + "a title of blanks");
}

BOOST_AUTO_TEST_CASE(a_rebuild_leaves_out_the_same) {
  quarantine(1);  // a genre's name: what refers to it must be left out as well
  for (events::Position position = 2; position <= script.head(); ++position) {
    script.append_to(log);
    try {
      live("try" + std::to_string(position) + ".sqlite");
      break;
    } catch (const projector::Unappliable& unappliable) {
      const auto stuck_at = unappliable.position();
      // A rebuild stops there too.
      BOOST_CHECK_EXCEPTION(rebuilt(), projector::Unappliable,
                            [&](const auto& other) { return other.position() == stuck_at; });
      quarantine(stuck_at);
    }
  }
  BOOST_TEST(list.events().size() > 1u);
  BOOST_TEST(!projector::first_difference(Database(live(), Open::read), Database(rebuilt(), Open::read)));
}

// Nobody can say what it does: to other rows, to versions, to what is refused because of it.
BOOST_AUTO_TEST_CASE(an_event_that_this_version_does_not_know_is_not_left_out) {
  capnp::MallocMessageBuilder message;
  message.setRoot(events::RecordView(script.bytes(script.head())).root());
  auto record = message.getRoot<events::schema::Record>();
  script.append_to(log);
  record.setPosition(log.head() + 1);
  record.getEvent().setUnset();
  const auto unknown = events::encode(record.asReader(), events::Encoding::capnp, events::Secrets::shown);
  log.append(log.head(), std::vector{std::as_bytes(std::span(unknown))});
  quarantine(log.head());
  const auto is_there = [&](const events::Failure& failure) {
    return failure.code() == events::Exit::unapplied &&
           std::string(failure.what()).find(std::to_string(log.head())) != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION(live(), events::Failure, is_there);
  BOOST_CHECK_EXCEPTION(rebuilt(), events::Failure, is_there);
}

BOOST_AUTO_TEST_CASE(a_file_as_of_a_position_says_only_what_is_left_out_by_then) {
  add({movie_described(1, " ")});
  const auto first = script.head();
  add({movie_described(2, " ")});
  quarantine(first);
  quarantine(script.head());
  const auto file = directory / "then.sqlite";
  projector::build_file(log, list, file, first);
  BOOST_TEST(ask(file, "SELECT group_concat(position) FROM projection_quarantine") == std::to_string(first));
}

BOOST_AUTO_TEST_CASE(every_report_says_what_is_left_out) {
  add({movie_described(1, " ")});
  quarantine(script.head(), "a title of blanks, \"by hand\"");
  const auto file = live();
  const std::string expected =
      "without 1 quarantined event: " + std::to_string(script.head()) + " (a title of blanks, \"by hand\")\n";
  for (const projector::Report& report : projector::reports()) {
    for (auto format : {projector::Format::table, projector::Format::markdown}) {
      std::ostringstream out;
      const auto answer = projector::run_report(file, report, format, {}, out);
      BOOST_TEST(out.str().ends_with(expected), report.name << ": " << out.str());
      BOOST_TEST(answer.left_out.size() == 1u);
    }
    for (auto format : {projector::Format::csv, projector::Format::json}) {
      std::ostringstream out;
      BOOST_TEST(projector::to_text(projector::run_report(file, report, format, {}, out).left_out) + "\n" == expected);
      BOOST_TEST(out.str().find("quarantined") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_list_that_changed_since_is_told_with_what_to_do) {
  quarantine(5);
  quarantine(9);
  const std::vector<projector::LeftOut> none, both{{5, "w"}, {7, "w"}};
  BOOST_TEST(projector::drift_of(list, none, 4).empty());  // still to come
  BOOST_TEST((projector::drift_of(list, none, 8).listed_but_in == std::vector<events::Position>{5}));
  const auto drift = projector::drift_of(list, both, 8);
  BOOST_TEST(drift.listed_but_in.empty());
  BOOST_TEST((drift.left_out_but_off == std::vector<events::Position>{7}));
  for (const auto& sentence : projector::to_sentences(drift))
    BOOST_TEST((sentence.find("catlog rebuild") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(many_are_counted_and_the_first_ones_named) {
  std::vector<projector::LeftOut> many;
  for (events::Position position = 1; position <= 8; ++position) many.push_back({position, "w"});
  BOOST_TEST(projector::to_text(many) == "without 8 quarantined events: 1 (w), 2 (w), 3 (w), 4 (w), 5 (w) and 3 more");
}

BOOST_AUTO_TEST_CASE(a_file_of_an_older_schema_leaves_nothing_out) {
  const auto file = live();
  Database(file, Open::write).run("DROP TABLE projection_quarantine");
  BOOST_TEST(projector::read_left_out(Database(file, Open::read)).empty());
}

// A genre's creation is left out and a movie is given that genre: nothing of it is left in the end.
BOOST_AUTO_TEST_CASE(every_way_to_the_rows_stops_where_the_live_projection_stops) {
  add({genre_described(9, "Noir")});
  const auto left_out_at = script.head();
  add({movie_genres_assigned(1, {9})});
  const auto stops_at = script.head();
  add({movie_genres_assigned(1, {1})});
  quarantine(left_out_at);
  const auto is_the_stop = [&](const projector::Unappliable& stop) { return stop.position() == stops_at; };
  const auto folder = directory / "readmodel";
  const projector::AsOfCache cache(directory / "as-of");
  BOOST_TEST(cache.is_writable());
  {
    ReadModel model(projector::Generations(folder).prepare_live(log.id()), log.id(), log.head(), Writing::live, list);
    projector::catch_up(model, log, stops_at - 1);
    BOOST_CHECK_EXCEPTION(projector::catch_up(model, log, projector::whole_log), projector::Unappliable, is_the_stop);
    model.close();
  }
  BOOST_CHECK_EXCEPTION(projector::rebuild(log, list, folder, directory / "run"), projector::Unappliable, is_the_stop);
  BOOST_CHECK_EXCEPTION(cache.file(log, list, log.head()), projector::Unappliable, is_the_stop);
  for (const auto depth : {projector::Depth::digests, projector::Depth::deep}) {
    const auto result = projector::verify_read_model(log, list, folder, directory.path(), depth);
    BOOST_TEST(result.findings.empty());
    BOOST_TEST(result.checked == stops_at - 1);
  }
  const Database then(cache.file(log, list, stops_at - 1), Open::read);
  const Database live(projector::Generations(folder).link(), Open::read);
  BOOST_TEST(!projector::first_difference(live, then));
}

BOOST_AUTO_TEST_SUITE_END()
