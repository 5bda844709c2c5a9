#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <set>
#include <sstream>

#include <fmt/format.h>

#include "events/codec/json.h"
#include "events/codec/message.h"
#include "projector/model/generations.h"
#include "projector/quarantine/left_out.h"
#include "projector/query/reports.h"
#include "projector/rebuild/as_of_cache.h"
#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "projector/rebuild/verify.h"
#include "projector/sqlite/table_keys.h"
#include "projector/sqlite/table_layout.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(left_out_test)

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
  std::filesystem::path rebuilt(const std::string& name = "rebuilt.sqlite") {
    projector::build_file(log, list, directory / name, projector::whole_log);
    return directory / name;
  }
  // "12 why (cause); .."
  std::string left_out_of(const std::filesystem::path& file) {
    return ask(file,
               "SELECT group_concat(position || ' ' || why || ' (' || cause || ')', '; ') "
               "FROM (SELECT * FROM projection_quarantine ORDER BY position)");
  }
  std::string ask(const std::filesystem::path& file, const std::string& sql) {
    return one_value(Database(file, Open::read), sql);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(left_out, Fixture)

BOOST_AUTO_TEST_CASE(a_quarantined_event_takes_its_whole_command_with_it) {
  add({movie_rated(1, 3, 3)});
  add({movie_rated(1, 4, 4), movie_described(2, " "), movie_rated(2, 5, 5)});  // one command
  const auto bad = script.head() - 1;
  quarantine(bad, "a title of blanks");
  add({movie_rated(2, 6, 6)});
  const auto file = live();
  BOOST_TEST(ask(file, "SELECT title FROM movies WHERE id = 2") != " ");
  BOOST_TEST(ask(file, "SELECT rating FROM movies WHERE id = 1") == "3.0");
  BOOST_TEST(ask(file, "SELECT rating FROM movies WHERE id = 2") == "6.0");  // the row is there, so it goes on
  BOOST_TEST(ask(file, "SELECT position FROM projection_checkpoint") == std::to_string(script.head()));
  BOOST_TEST(left_out_of(file) == fmt::format("{0} of the same command ({1}); {1} a title of blanks ({1}); {2} of the "
                                              "same command ({1})",
                                              bad - 1, bad, bad + 1));
}

// Everything that hangs on one genre, movie, show or user, by one position each.
BOOST_AUTO_TEST_CASE(what_needs_a_row_that_was_never_made_is_left_out_with_it) {
  script.append_to(log);
  const auto first_of = [&](events::Entity stream, int64_t id) {
    for (events::Position position = 1;; ++position)
      if (const auto record = events::RecordView(script.bytes(position)).root();
          record.getStream() == stream && record.getStreamId() == id)
        return position;
  };
  for (const auto& [stream, id] : std::vector<std::pair<events::Entity, int64_t>>{{events::Entity::GENRE, 1},
                                                                                  {events::Entity::MOVIE, 1},
                                                                                  {events::Entity::TV_SHOW, 1},
                                                                                  {events::Entity::USER, 1},
                                                                                  {events::Entity::MOVIE_SOURCE, 1},
                                                                                  {events::Entity::MEDIA_LIST, 1}}) {
    list = Quarantine(log.id());
    const auto position = first_of(stream, id);
    quarantine(position);
    const std::string name = events::model().entity(stream).table;
    const auto file = live(name + ".sqlite"), again = rebuilt(name + " rebuilt.sqlite");
    BOOST_TEST(ask(file, "SELECT count(*) FROM " + name + " WHERE id = 1") == "0");
    BOOST_TEST(ask(file, "SELECT count(*) > 0 FROM projection_quarantine WHERE cause <> position") == "1", name);
    BOOST_TEST(ask(file, "SELECT count(*) FROM projection_quarantine WHERE cause <> " + std::to_string(position)) ==
               "0");
    BOOST_TEST(!projector::first_difference(Database(file, Open::read), Database(again, Open::read)));
  }
}

BOOST_AUTO_TEST_CASE(a_source_that_was_never_made_takes_its_download_and_its_removal) {
  add({source_added(9, 1)});
  const auto bad = script.head();
  add({swarm_observed(9, 1, 1)});
  add({download_started(9, 9)});
  add({transfer_reported(9, 0.5)});
  add({storage_removed(9)});
  add({source_removed(9)});
  add({movie_rated(1, 8, 8)});
  quarantine(bad, "a magnet");
  const auto file = live();
  BOOST_TEST(ask(file, "SELECT rating FROM movies WHERE id = 1") == "8.0");
  BOOST_TEST(left_out_of(file) ==
             fmt::format("{0} a magnet ({0}); {1} movie_sources/9 is left out ({0}); {2} movie_sources/9 is left out "
                         "({0}); {3} storage/9 is left out ({0}); {4} storage/9 is left out ({0}); {5} "
                         "movie_sources/9 is left out ({0})",
                         bad, bad + 1, bad + 2, bad + 3, bad + 4, bad + 5));
  BOOST_TEST(ask(file, "SELECT count(*) FROM projection_deviations") == "0");  // gone in both
}

// A removal that is left out: what takes the row's place finds it there.
BOOST_AUTO_TEST_CASE(what_a_row_that_should_be_gone_stands_in_the_way_of_is_left_out) {
  add({genre_described(9, "Noir")});
  add({movie_described(9, "Old", 77)});
  add({movie_genres_assigned(9, {9})});
  add({movie_removed(9)});
  const auto removal = script.head();
  add({movie_described(10, "New", 77)});  // the same key
  add({movie_rated(10, 1, 1)});
  add({genre_removed(9)});  // the old movie has it
  quarantine(removal);
  const auto file = live();
  BOOST_TEST(ask(file, "SELECT title FROM movies WHERE tmdbId = 77") == "Old");
  BOOST_TEST(
      left_out_of(file) ==
      fmt::format("{0} a bad event ({0}); {1} movies/9 is still there, with the same key ({0}); {2} movies/10 is "
                  "left out ({0}); {3} movie_genres/9,9 is still there and refers to genres/9 ({0})",
                  removal, removal + 1, removal + 2, removal + 3));
  BOOST_TEST(!projector::first_difference(Database(file, Open::read), Database(rebuilt(), Open::read)));
}

// The same of a row that should have gone with another one.
BOOST_AUTO_TEST_CASE(what_goes_with_a_row_that_should_be_gone_stands_in_the_way_too) {
  add({user_registered(9, "old")});
  add({token_issued(9, 90)});
  add({user_removed(9)});
  const auto removal = script.head();
  EventDraft same_token = token_issued(1, 90);
  same_token.json.replace(same_token.json.find("90"), 2, "91");
  add({same_token});
  quarantine(removal);
  const auto file = live();
  BOOST_TEST(left_out_of(file) == fmt::format("{0} a bad event ({0}); {1} refresh_tokens/90 is still there, with the "
                                              "same key ({0})",
                                              removal, removal + 1));
}

BOOST_AUTO_TEST_CASE(links_that_were_not_made_or_not_taken_away) {
  add({list_created(9, "L")});
  add({movie_listed(9, 1)});
  const auto linked = script.head();
  add({movie_delisted(9, 1)});
  add({movie_listed(9, 2)});
  add({movie_delisted(9, 2)});
  const auto unlinked = script.head();
  add({movie_listed(9, 2)});
  quarantine(linked);
  quarantine(unlinked);
  const auto file = live();
  BOOST_TEST(
      left_out_of(file) ==
      fmt::format("{0} a bad event ({0}); {1} media_list_movies/9,1 is left out ({0}); {2} a bad event ({2}); {3} "
                  "media_list_movies/9,2 is still there ({2})",
                  linked, linked + 1, unlinked, unlinked + 1));
  BOOST_TEST(ask(file, "SELECT group_concat(movieId) FROM media_list_movies WHERE mediaListId = 9") == "2");
  BOOST_TEST(ask(file, "SELECT count(*) FROM projection_deviations") == "0");
}

// Something else is wrong, beside what is left out: nobody has named that yet.
BOOST_AUTO_TEST_CASE(an_event_that_is_broken_by_itself_still_stops) {
  add({movie_described(9, " ")});
  quarantine(script.head());
  const RecordScript before = script;
  for (const auto& broken :
       std::vector<std::vector<EventDraft>>{{movie_described(10, " ")},          // a value
                                            {movie_rated(77, 1, 1)},             // no such row ever
                                            {movie_described(10, "Ten", 1001)},  // the key of a sound row
                                            {movie_genres_assigned(1, {77})},    // a reference to nothing
                                            {genre_removed(1)},                  // sound rows refer to it
                                            {movie_delisted(1, 77)},             // a link that never was
                                            {movie_rated(9, 1, 1), movie_rated(77, 1, 1)}}) {
    script = before;
    script.command({movie_rated(9, 2, 2)});  // this one is left out
    const auto stops_at = script.command(broken);
    TemporaryDirectory other;
    store::Log with = store::Log::open(other / "log", store::Access::write);
    script.append_to(with);
    Quarantine same(with.id());
    same.add(list.events().front());
    ReadModel model(other / "live.sqlite", with.id(), with.head(), Writing::live, same);
    BOOST_CHECK_EXCEPTION(projector::catch_up(model, with, projector::whole_log), projector::Unappliable,
                          [&](const auto& stop) { return stop.position() == stops_at; });
    BOOST_CHECK_EXCEPTION(projector::build_file(with, same, other / "rebuilt.sqlite", projector::whole_log),
                          projector::Unappliable, [&](const auto& stop) { return stop.position() == stops_at; });
  }
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
      const auto answer = projector::run_report(file, report, {format}, {}, out, {.log = &log});
      BOOST_TEST(out.str().ends_with(expected), report.name << ": " << out.str());
      BOOST_TEST(answer.left_out.listed.size() == 1u);
    }
    for (auto format : {projector::Format::csv, projector::Format::json}) {
      std::ostringstream out;
      BOOST_TEST(projector::to_text(projector::run_report(file, report, {format}, {}, out, {.log = &log}).left_out) +
                     "\n" ==
                 expected);
      BOOST_TEST(out.str().find("quarantined") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_list_that_changed_since_is_told_with_what_to_do) {
  quarantine(5);
  quarantine(9);
  const projector::LeftOutEvents none, both{.listed = {{5, "w", 5}, {7, "w", 7}}, .with_them = {}};
  BOOST_TEST(projector::drift_of(list, none, 4).empty());  // still to come
  BOOST_TEST((projector::drift_of(list, none, 8).listed_but_in == std::vector<events::Position>{5}));
  const auto drift = projector::drift_of(list, both, 8);
  BOOST_TEST(drift.listed_but_in.empty());
  BOOST_TEST((drift.left_out_but_off == std::vector<events::Position>{7}));
  for (const auto& sentence : projector::to_sentences(drift))
    BOOST_TEST((sentence.find("catlog rebuild") != std::string::npos));
  const auto of_an_earlier_release = projector::drift_of(list, {.listed = {{5, "w", 0}}, .with_them = {}}, 8);
  BOOST_TEST((of_an_earlier_release.left_out_alone == std::vector<events::Position>{5}));
  BOOST_TEST((projector::to_sentences(of_an_earlier_release).front().find("catlog rebuild") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(many_are_counted_and_the_first_ones_named) {
  projector::LeftOutEvents many;
  for (events::Position position = 1; position <= 8; ++position) many.listed.push_back({position, "w", position});
  BOOST_TEST(projector::to_text(many) == "without 8 quarantined events: 1 (w), 2 (w), 3 (w), 4 (w), 5 (w) and 3 more");
  projector::LeftOutEvents one{.listed = {{4, "w", 4}}, .with_them = {{5, "of the same command", 4}, {7, "v", 4}}};
  one.with_them_count = 9;
  BOOST_TEST(projector::to_text(one) ==
             "without 1 quarantined event: 4 (w), and 9 with it: 5 (of the same command), 7 (v) and 7 more");
}

// A reader that prints may take its time, and nobody brings in the WAL meanwhile.
BOOST_AUTO_TEST_CASE(a_look_up_holds_no_snapshot_of_the_read_model) {
  add({movie_rated(1, 3, 3)});
  const auto bad = script.head();
  quarantine(bad);
  ReadModel model(directory / "live.sqlite", log.id(), log.head(), Writing::live, list);
  projector::catch_up(model, log, projector::whole_log);
  const projector::LeftOutLookup lookup(list, std::make_unique<Database>(model.file(), Open::read));
  for (const auto position : {bad, bad - 1, bad}) {
    const events::RecordView record(script.bytes(position));
    BOOST_TEST(lookup.cause_of(record.root()) == (position == bad ? bad : 0u));
  }
  add({movie_rated(1, 4, 4)});
  projector::catch_up(model, log, projector::whole_log);
  BOOST_TEST(one_value(model.database(), "PRAGMA wal_checkpoint(TRUNCATE)") == "0");  // nobody was in the way
}

// Once one was applied the row's keys are those that the log has.
BOOST_AUTO_TEST_CASE(an_update_that_sets_a_keys_column_sets_all_of_them) {
  const auto keys = projector::read_table_keys(projector::schema_in_memory());
  for (const events::EventType& type : events::model().events()) {
    const events::EntityModel& entity = events::model().entity(type.entity);
    if (type.op != events::Op::UPDATE) continue;
    const auto found = keys.find(entity.table);
    if (found == keys.end()) continue;
    std::set<std::string> all, set_here;
    for (const auto& reference : found->second.references) all.insert(reference.column);
    for (const auto& unique : found->second.uniques) all.insert(unique.begin(), unique.end());
    all.erase(entity.owner);
    for (const events::Column& column : type.columns)
      if (all.contains(column.name)) set_here.insert(column.name);
    BOOST_TEST((set_here.empty() || set_here == all), type.name);
  }
}

BOOST_AUTO_TEST_CASE(a_file_of_an_older_schema_leaves_nothing_out) {
  const auto file = live();
  Database(file, Open::write).run("DROP TABLE projection_quarantine");
  BOOST_TEST(projector::read_left_out(Database(file, Open::read)).empty());
}

// A wrong value that a later event replaces: nothing of it is left in the end.
BOOST_AUTO_TEST_CASE(every_way_to_the_rows_stops_where_the_live_projection_stops) {
  add({genre_described(9, " ")});
  const auto left_out_at = script.head();
  add({movie_genres_assigned(1, {9})});
  add({movie_rated(1, -1, 1)});
  const auto stops_at = script.head();
  add({movie_rated(1, 1, 1)});
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
    BOOST_TEST_REQUIRE(result.standstill.has_value());  // it goes on from there, and finds what the projector stands at
    BOOST_TEST(result.standstill->position == stops_at);
  }
  const Database then(cache.file(log, list, stops_at - 1).path(), Open::read);
  const Database live(projector::Generations(folder).link(), Open::read);
  BOOST_TEST(!projector::first_difference(live, then));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
