#include "events/schema/record.h"

#include "events/schema/upcast.h"

#include <boost/test/unit_test.hpp>

#include <array>

#include <fmt/format.h>

#include "commandhandler/state/apply.h"
#include "commandhandler/state/state.h"
#include "projector/feed/replay.h"
#include "projector/fold/fold_digests.h"
#include "projector/history/history.h"
#include "projector/rebuild/rebuild.h"
#include "projector/sqlite/stored_digests.h"
#include "store/merkle.h"
#include "store/proof.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

// The worked example of a change of meaning. Let scores once have been recorded by movieSourceRescored on a scale of 0
// to 100, and let swarmObserved be the event that took its place, with scores of 0 to 10. This list is linked in the
// place of the product's (events/schema/upcasts.cpp), so that every reader in this program lives with that history.
namespace catlog::events {
namespace {

using Event = schema::Record::Event;

void rescored_in_percent(schema::Record::Reader stored, Event::Builder present) {
  const auto old = stored.getEvent().getMovieSourceRescored();
  auto swarm = present.initSwarmObserved();
  swarm.setSeeds(old.getSeeds());
  swarm.setPeers(old.getPeers());
  swarm.setLastSeen(old.getLastSeen());
  swarm.setScore(old.getScore() / 10);
}

// And let downloads that failed later have become paused ones, which by then had become resumed ones: two steps.
void failed_to_paused(schema::Record::Reader, Event::Builder present) {
  present.initDownloadPaused().setStatus(schema::DownloadStatus::PAUSED);
}
void paused_to_resumed(schema::Record::Reader, Event::Builder present) {
  present.initDownloadResumed().setStatus(schema::DownloadStatus::DOWNLOADING);
}

// And let lists have come by mediaListRevised, with a mark in front of their names: a text that lies in no page of the
// log.
constexpr std::string_view list_mark = "list:";
void marked_list_to_created(schema::Record::Reader stored, Event::Builder present) {
  const auto old = stored.getEvent().getMediaListRevised();
  auto list = present.initMediaListCreated();
  list.setName(old.getName().slice(list_mark.size()));
  list.setDescription(old.getDescription());
  list.setIsPublic(old.getIsPublic());
}

constexpr std::array history_of_meanings{Upcast{Event::MOVIE_SOURCE_RESCORED, rescored_in_percent},
                                         Upcast{Event::MEDIA_LIST_REVISED, marked_list_to_created},
                                         Upcast{Event::DOWNLOAD_FAILED, failed_to_paused},
                                         Upcast{Event::DOWNLOAD_PAUSED, paused_to_resumed}};

}  // namespace

constinit const std::span<const Upcast> upcasts = history_of_meanings;

}  // namespace catlog::events

BOOST_AUTO_TEST_SUITE(upcast_test)

using namespace catlog;
using namespace catlog::tests;
using events::Entity;

namespace {

EventDraft rescored_in_percent(int64_t id, double percent) {
  return {Entity::MOVIE_SOURCE, id,
          fmt::format(R"({{"movieSourceRescored":{{"seeds":7,"peers":3,"lastSeen":"2024-05-06T07:08:09Z",)"
                      R"("score":{}}}}})",
                      percent)};
}

EventDraft list_marked(int64_t id) {
  return {Entity::MEDIA_LIST, id,
          fmt::format(R"({{"mediaListRevised":{{"name":"list:The {}th list","description":"of {}","isPublic":true}}}})",
                      id, id)};
}

// A log with an old event in it, after one of the event that took its place.
struct Fixture {
  Fixture() {
    script.command({genre_described(1, "Drama"), movie_described(1, "Sintel"), source_added(1, 1)});
    script.command({swarm_observed(1, 6, 3)});
    old_position = script.command({rescored_in_percent(1, 85)});
    script.command({download_started(1, 1)});
    script.append_to(log);
  }
  TemporaryDirectory directory;
  RecordScript script;
  events::Position old_position = 0;
  store::Log log = store::Log::open(directory / "log", store::Access::write);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_event_whose_meaning_changed, Fixture)

BOOST_AUTO_TEST_CASE(is_read_as_the_present_one_with_the_header_it_had) {
  const store::LogSnapshot snapshot = log.snapshot();
  const events::RecordView view(snapshot.read(old_position));
  const auto record = view.root();
  BOOST_TEST(record.getEvent().isSwarmObserved());
  BOOST_TEST(record.getEvent().getSwarmObserved().getScore() == 8.5);
  BOOST_TEST(record.getEvent().getSwarmObserved().getSeeds() == 7);
  BOOST_TEST(record.getPosition() == old_position);
  BOOST_TEST(record.getStreamVersion() == 3u);
  BOOST_TEST(record.getPreviousInStream() == old_position - 1);
}

BOOST_AUTO_TEST_CASE(lies_in_the_log_as_it_was_written) {
  const store::LogSnapshot snapshot = log.snapshot();
  const store::Bytes stored = snapshot.read(old_position), written = script.bytes(old_position);
  BOOST_TEST(std::ranges::equal(stored, written));
  capnp::FlatArrayMessageReader reader(
      {reinterpret_cast<const capnp::word*>(stored.data()), stored.size() / sizeof(capnp::word)});
  const auto event = reader.getRoot<events::schema::Record>().getEvent();
  BOOST_REQUIRE(event.isMovieSourceRescored());
  BOOST_TEST(event.getMovieSourceRescored().getScore() == 85);
  // What is proven of the log is proven of these bytes.
  const auto head = snapshot.tree_head();
  const auto root = store::root_of_inclusion(old_position, log.head(), store::leaf_hash(written),
                                             snapshot.inclusion_proof(old_position, log.head()));
  BOOST_CHECK(root == head.root);
}

BOOST_AUTO_TEST_CASE(is_folded_into_the_decision_state_as_the_present_one) {
  commandhandler::Layer layer, of_present;
  commandhandler::State state({&layer}, nullptr), expected({&of_present}, nullptr);
  RecordScript present;
  present.command({genre_described(1, "Drama"), movie_described(1, "Sintel"), source_added(1, 1)});
  present.command({swarm_observed(1, 6, 3)});
  present.command({{Entity::MOVIE_SOURCE, 1,
                    R"({"swarmObserved":{"seeds":7,"peers":3,"lastSeen":"2024-05-06T07:08:09Z","score":8.5}})"}});
  for (events::Position at = 1; at <= old_position; ++at) {
    commandhandler::apply(state, events::RecordView(script.bytes(at)).root());
    commandhandler::apply(expected, events::RecordView(present.bytes(at)).root());
  }
  const auto row = state.row(Entity::MOVIE_SOURCE, 1);
  BOOST_REQUIRE(row.has_value());
  BOOST_TEST(std::get<double>(commandhandler::kept(*row, Entity::MOVIE_SOURCE, "score")) == 8.5);
  // With its column group's digest, so that the same swarm sent again is `unchanged`.
  BOOST_CHECK(row->groups == expected.row(Entity::MOVIE_SOURCE, 1)->groups);
}

BOOST_AUTO_TEST_CASE(is_projected_as_the_present_one) {
  projector::ReadModel model(directory / "model.sqlite", log.id(), log.head(), projector::Writing::live);
  projector::catch_up(model, log, projector::whole_log);
  BOOST_TEST(one_value(model.database(), "SELECT score || ' ' || seeds FROM movie_sources") == "8.5 7");
}

// Also its text, which goes with the record that was made for the reading.
BOOST_AUTO_TEST_CASE(is_folded_into_the_rows_that_applying_in_order_gives) {
  for (int64_t id = 1; id <= 40; ++id) script.command({list_marked(id)});
  script.append_to(log);
  projector::build_file(log, {}, directory / "folded.sqlite", projector::whole_log, {}, projector::Strategy::fold);
  projector::build_file(log, {}, directory / "ordered.sqlite", projector::whole_log, {}, projector::Strategy::ordered);
  const projector::Database folded(directory / "folded.sqlite", projector::Open::read);
  const projector::Database ordered(directory / "ordered.sqlite", projector::Open::read);
  BOOST_TEST(one_value(ordered, "SELECT name FROM media_lists WHERE id = 1") == "The 1th list");
  const auto difference = projector::first_difference(ordered, folded);
  BOOST_TEST(!difference, (difference ? projector::to_text(*difference, "in order", "folded") : ""));
  const auto expected = projector::scan_digests(ordered);
  BOOST_TEST((projector::scan_digests(folded) == expected));
  BOOST_TEST((projector::read_digests(folded) == expected));
  BOOST_TEST((projector::digests_of(projector::fold_log(log, projector::whole_log), log) == expected));
}

BOOST_AUTO_TEST_CASE(could_not_be_projected_as_it_was_written) {
  projector::ReadModel model(directory / "model.sqlite", log.id(), log.head(), projector::Writing::live);
  apply(model, script, 1, old_position - 1);
  const store::LogSnapshot snapshot = log.snapshot();
  const store::Bytes stored = snapshot.read(old_position);
  capnp::FlatArrayMessageReader reader(
      {reinterpret_cast<const capnp::word*>(stored.data()), stored.size() / sizeof(capnp::word)});
  model.begin();
  BOOST_CHECK_THROW(model.apply(reader.getRoot<events::schema::Record>()), projector::Unappliable);
}

BOOST_AUTO_TEST_CASE(is_replayed_and_published_as_the_present_one) {
  for (auto encoding : {events::Encoding::json, events::Encoding::capnp}) {
    const projector::Chunk chunk =
        projector::read_chunk(log, old_position, 1, events::TopicFilter({"movie_sources/1/"}), encoding);
    BOOST_REQUIRE(chunk.events.size() == 1u);
    if (encoding == events::Encoding::json) {
      BOOST_TEST(chunk.events[0].payload.find(R"("swarmObserved":{"seeds":7)") != std::string::npos);
      BOOST_TEST(chunk.events[0].payload.find(R"("score":8.5)") != std::string::npos);
      BOOST_TEST(chunk.events[0].payload.find("movieSourceRescored") == std::string::npos);
    } else {
      const events::RecordView payload(std::as_bytes(std::span(chunk.events[0].payload)));
      BOOST_TEST(payload.root().getEvent().getSwarmObserved().getScore() == 8.5);
    }
  }
}

BOOST_AUTO_TEST_CASE(is_shown_in_history_as_the_present_one) {
  const auto entries =
      projector::history(projector::StreamEnds(log),
                         {projector::Scope::Extent::stream, Entity::MOVIE_SOURCE, 1, 0, {Entity::MOVIE_SOURCE, 1}});
  BOOST_REQUIRE(entries.size() == 3u);
  BOOST_TEST(entries[2].event == "swarmObserved");
  for (const auto& change : entries[2].changes) {
    if (change.field != "score") continue;
    BOOST_TEST(change.before.value() == "6");
    BOOST_TEST(change.after.value() == "8.5");
  }
}

BOOST_AUTO_TEST_CASE(goes_through_every_change_that_came_after) {
  const events::Position failed = script.command({{Entity::STORAGE, 1, R"({"downloadFailed":{"status":"error"}})"}});
  const events::RecordView view(script.bytes(failed));
  BOOST_REQUIRE(view.root().getEvent().isDownloadResumed());
  BOOST_CHECK(view.root().getEvent().getDownloadResumed().getStatus() == events::schema::DownloadStatus::DOWNLOADING);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
