#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include "events/bus/connections.h"
#include "events/bus/topics.h"
#include "events/codec/json.h"
#include "projector/feed/feed.h"
#include "projector/feed/replay.h"
#include "projector/names/names.h"
#include "tests/support/bus_peers.h"
#include "tests/support/raw_peer.h"
#include "tests/support/read_models.h"
#include "tests/support/records.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(feed_test)

using namespace catlog;
using namespace catlog::tests;
using events::Subscriptions;
using events::TopicFilter;
using projector::Chunk;
using projector::Position;

namespace {

std::string subscribe(std::string_view prefix) { return "\1" + std::string(prefix); }
std::string unsubscribe(std::string_view prefix) { return std::string(1, '\0') + std::string(prefix); }

struct OpenLog {
  TemporaryDirectory directory;
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  Chunk chunk(Position from, uint64_t limit, std::vector<std::string> topics) const {
    return projector::read_chunk(log, from, limit, TopicFilter(std::move(topics)), events::Encoding::json);
  }
  std::vector<Position> positions(const Chunk& chunk) const {
    std::vector<Position> found;
    for (const auto& event : chunk.events) {
      capnp::MallocMessageBuilder message;
      auto header = message.initRoot<events::schema::ChangeHeader>();
      BOOST_TEST_REQUIRE(events::read_json(event.header, header, events::Fields::all).has_value());
      found.push_back(header.getPosition());
    }
    return found;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(only_subscribed_topics_are_wanted) {
  Subscriptions subscriptions;
  BOOST_TEST(!subscriptions.wants("json/movies/42/"));
  BOOST_TEST(!subscriptions.wants_any("json/"));
  subscriptions.take(subscribe("json/movies/4"));
  BOOST_TEST(subscriptions.wants("json/movies/42/"));
  BOOST_TEST(subscriptions.wants("json/movies/4/"));
  BOOST_TEST(!subscriptions.wants("json/movies/5/"));
  BOOST_TEST(!subscriptions.wants("json/movies/"));
  BOOST_TEST(subscriptions.wants_any("json/"));
  BOOST_TEST(!subscriptions.wants_any("capnp/"));
  subscriptions.take(unsubscribe("json/movies/4"));
  BOOST_TEST(!subscriptions.wants("json/movies/42/"));
}

BOOST_AUTO_TEST_CASE(the_empty_subscription_wants_everything) {
  Subscriptions subscriptions;
  subscriptions.take(subscribe(""));
  BOOST_TEST(subscriptions.wants("capnp/users/1/"));
  BOOST_TEST(subscriptions.wants_any("json/"));
}

BOOST_AUTO_TEST_CASE(what_peers_send_besides_is_ignored) {
  Subscriptions subscriptions;
  subscriptions.take("");
  subscriptions.take("json/");
  // An XSUB socket may send any bytes, which are no subscription then.
  for (const char* begin : {"\2", "\x7F", "\x80", "\xFF"}) subscriptions.take(begin + std::string("json/"));
  subscriptions.take("\xFF");
  subscriptions.take(subscribe(std::string(1 << 20, 'x')));
  BOOST_TEST(!subscriptions.wants("json/movies/42/"));
  BOOST_TEST(!subscriptions.wants_any("json/"));
}

BOOST_AUTO_TEST_CASE(beyond_the_limit_everything_is_wanted_until_it_is_below_again) {
  Subscriptions subscriptions;
  auto prefix = [](size_t i) { return "json/movies/" + std::to_string(i) + "/"; };
  for (size_t i = 0; i < events::max_subscriptions; ++i) subscriptions.take(subscribe(prefix(i)));
  BOOST_TEST(!subscriptions.wants("json/users/1/"));
  subscriptions.take(subscribe("json/users/1/"));
  BOOST_TEST(subscriptions.wants("json/users/1/"));
  subscriptions.take(unsubscribe("json/users/1/"));
  BOOST_TEST(!subscriptions.wants("json/users/1/"));
}

BOOST_AUTO_TEST_CASE(topics_that_can_never_match_are_faults) {
  for (const char* good : {"", "m", "movies", "movies/", "movies/4", "movies/42/", "tv_shows/", "audit_logs/"})
    BOOST_TEST(TopicFilter::fault({good}).empty(), good);
  for (const char* bad : {"json/movies/", "movie/42/", "refresh_tokens/", "movie_genres/", "x", "head/", "/"})
    BOOST_TEST(!TopicFilter::fault({"movies/", bad}).empty(), bad);
  BOOST_TEST(!TopicFilter::fault(std::vector<std::string>(events::max_topics + 1)).empty());
  BOOST_TEST(!TopicFilter::fault({"movies/" + std::string(events::max_topic_bytes, '4')}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_chunk_ends_at_its_limit_and_the_next_goes_on, OpenLog) {
  RecordScript script = small_catalogue();
  script.append_to(log);
  std::vector<Position> found;
  Position from = 0;
  for (bool at_head = false; !at_head;) {
    Chunk part = chunk(from, 3, {});
    BOOST_TEST(part.events.size() <= 3u);
    for (Position position : positions(part)) found.push_back(position);
    BOOST_TEST(part.next == found.back() + 1);
    from = part.next;
    at_head = part.at_head;
  }
  BOOST_TEST_REQUIRE(found.size() == script.head());
  for (size_t i = 0; i < found.size(); ++i) BOOST_TEST(found[i] == i + 1);
}

BOOST_FIXTURE_TEST_CASE(a_filtered_chunk_holds_what_matches_only, OpenLog) {
  RecordScript script = small_catalogue();
  script.append_to(log);
  Chunk movie = chunk(1, 1000, {"movies/2/", "users/"});
  BOOST_TEST(movie.at_head);
  BOOST_TEST(movie.next == script.head() + 1);
  BOOST_TEST(!movie.events.empty());
  for (const auto& event : movie.events)
    BOOST_TEST((event.topic == "json/movies/2/" || event.topic.starts_with("json/users/")), event.topic);
}

BOOST_FIXTURE_TEST_CASE(beyond_the_head_there_is_nothing, OpenLog) {
  Chunk empty = chunk(1, 10, {});
  BOOST_TEST(empty.at_head);
  BOOST_TEST(empty.next == 1u);
  small_catalogue().append_to(log);
  for (Position from : {log.head() + 1, log.head() + 100, Position{UINT64_MAX}}) {
    Chunk beyond = chunk(from, 10, {});
    BOOST_TEST(beyond.events.empty());
    BOOST_TEST(beyond.at_head);
    BOOST_TEST(beyond.next == from);
  }
}

BOOST_FIXTURE_TEST_CASE(a_chunk_is_bounded_in_bytes_and_in_records_looked_at, OpenLog) {
  RecordScript script;
  std::vector<EventDraft> drafts;
  for (int64_t i = 1; i <= 2000; ++i) drafts.push_back(movie_described(i, std::string(1000, 'x')));
  script.command(drafts);
  script.append_to(log);
  Chunk large = chunk(1, UINT64_MAX, {});
  BOOST_TEST(large.events.size() < 2000u);
  BOOST_TEST(!large.at_head);
  BOOST_TEST(large.next == large.events.size() + 1);

  RecordScript many;
  many.command(drafts);
  for (Position last = 0; last <= projector::max_records_per_chunk; last = many.head()) {
    drafts.assign(5000, movie_rated(1, 1, 1));
    many.command(drafts);
  }
  many.append_to(log);
  Chunk nothing = chunk(1, 10, {"users/"});
  BOOST_TEST(nothing.events.empty());
  BOOST_TEST(!nothing.at_head);
  BOOST_TEST(nothing.next == projector::max_records_per_chunk + 1);
  BOOST_TEST(chunk(nothing.next, 10, {"users/"}).at_head);
}

BOOST_FIXTURE_TEST_CASE(the_previous_in_table_counts_from_where_the_chunk_begins, OpenLog) {
  RecordScript script;
  script.command({movie_described(1, "A"), genre_described(1, "G"), movie_described(2, "B"), movie_rated(1, 1, 1)});
  script.append_to(log);
  auto previous = [&](Position from) {
    std::vector<Position> found;
    for (const auto& event : chunk(from, 10, {"movies/"}).events) {
      capnp::MallocMessageBuilder message;
      auto header = message.initRoot<events::schema::ChangeHeader>();
      BOOST_TEST_REQUIRE(events::read_json(event.header, header, events::Fields::all).has_value());
      found.push_back(header.getPreviousInTable());
    }
    return found;
  };
  BOOST_TEST(previous(1) == (std::vector<Position>{0, 1, 3}), boost::test_tools::per_element());
  BOOST_TEST(previous(2) == (std::vector<Position>{0, 3}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_header_says_what_happened_and_to_which_version, OpenLog) {
  RecordScript script;
  script.command({movie_described(1, "A"), genre_described(1, "G"), movie_rated(1, 1, 1)});
  script.append_to(log);
  std::string said;
  for (const auto& event : chunk(1, 10, {}).events) {
    capnp::MallocMessageBuilder message;
    auto header = message.initRoot<events::schema::ChangeHeader>();
    BOOST_TEST_REQUIRE(events::read_json(event.header, header, events::Fields::all).has_value());
    said += fmt::format("{} {} ", header.getEvent().cStr(), header.getStreamVersion());
  }
  BOOST_TEST(said == "movieDescribed 1 genreDescribed 1 movieRated 2 ");
}

BOOST_AUTO_TEST_CASE(whoever_reads_nothing_is_cut_off_when_too_much_waits_for_it) {
  constexpr size_t limit = size_t{1} << 20;
  const TemporaryDirectory folder;
  zmq::context_t context;
  projector::Feed feed(context, "ipc://" + (folder / "changes.ipc").string(), test_log_id, limit);
  const auto hears = [&](std::chrono::milliseconds within) {
    zmq::pollitem_t item{feed.socket().handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, within);
    feed.take_subscriptions();
  };
  RawPeer silent(folder / "changes.ipc");
  BOOST_TEST_REQUIRE(silent.greet("SUB"));
  BOOST_TEST_REQUIRE(silent.send("\x01json/", RawPeer::Frame::last));
  hears(long_enough);
  BOOST_TEST_REQUIRE(feed.has_listeners());

  RecordScript script;
  for (int64_t id = 1; id <= 500; ++id) script.command({movie_described(id, std::string(size_t{1} << 16, 'x'))});
  const auto cut_before = events::connection_counts().cut_off;
  for (Position position = 1; position <= script.head() && feed.has_listeners(); ++position) {
    const events::RecordView record(script.bytes(position));
    feed.publish(record.root());
    hears(std::chrono::milliseconds(feed.unread_bytes() > limit ? 20 : 0));  // the library unsubscribes who is gone
  }
  BOOST_TEST(!feed.has_listeners());
  BOOST_TEST(events::connection_counts().cut_off == cut_before + 1);
  BOOST_TEST(silent.is_closed(long_enough));
  // What waited is let go.
  const auto deadline = std::chrono::steady_clock::now() + long_enough;
  while (feed.unread_bytes() > 0 && std::chrono::steady_clock::now() < deadline) hears(std::chrono::milliseconds(5));
  BOOST_TEST(feed.unread_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(all_of_an_events_frames_count_until_they_are_read) {
  zmq::context_t context;
  projector::Feed feed(context, "inproc://changes", test_log_id);
  zmq::socket_t subscriber(context, zmq::socket_type::sub);  // which reads nothing
  subscriber.set(zmq::sockopt::subscribe, "json/");
  subscriber.connect("inproc://changes");
  feed.take_subscriptions();
  BOOST_TEST_REQUIRE(feed.has_listeners());
  RecordScript script;
  script.command({movie_described(1, "M"), movie_rated(1, 1, 1)});
  for (Position position = 1; position <= 2; ++position) {
    const events::RecordView record(script.bytes(position));
    feed.publish(record.root());
    BOOST_TEST(feed.unread_bytes() == feed.counters().bytes.read());
  }
}

BOOST_FIXTURE_TEST_CASE(what_an_event_names_is_looked_up_once_for_both_encodings, OpenLog) {
  RecordScript script;
  script.command({movie_rated(7, 1, 1)});  // nothing says what movie 7 is
  script.append_to(log);
  int asked = 0;
  projector::Names names(log, [&](events::Entity, int64_t) {
    ++asked;
    return events::KnownKey{};
  });
  zmq::context_t context;
  projector::Feed feed(context, "inproc://changes", test_log_id);
  zmq::socket_t subscriber(context, zmq::socket_type::sub);
  for (const char* topic : {"json/", "capnp/"}) subscriber.set(zmq::sockopt::subscribe, topic);
  subscriber.connect("inproc://changes");
  feed.take_subscriptions();
  const events::RecordView record(script.bytes(1));
  feed.publish(record.root(), &names);
  BOOST_TEST(feed.counters().json.read() == 1u);
  BOOST_TEST(feed.counters().capnp.read() == 1u);
  BOOST_TEST(asked == 1);
}

// Such an event is none that is taken today, but a log may hold one, and who reads must get past it.
BOOST_FIXTURE_TEST_CASE(an_event_that_is_longer_than_a_frame_is_sent_without_its_event, OpenLog) {
  std::string title;
  for (size_t bytes = 0; bytes < events::max_frame_bytes; bytes += 6) title += "\\u0001";
  RecordScript script;
  script.command({genre_described(1, "G"), movie_described(1, title), movie_rated(1, 1, 1)});
  script.append_to(log);
  for (const auto encoding : {events::Encoding::json, events::Encoding::capnp}) {
    const Chunk all = projector::read_chunk(log, 1, 10, TopicFilter({}), encoding);
    BOOST_TEST(all.events.size() == (encoding == events::Encoding::json ? 3u : 2u));  // 1 MiB ends a chunk
    for (const auto& event : all.events) BOOST_TEST(event.size_bytes() < events::max_frame_bytes);
  }
  const Chunk chunk_of_all = chunk(1, 10, {});
  const auto& [topic, header, payload] = chunk_of_all.events.at(1);
  BOOST_TEST(topic == "json/movies/1/");
  capnp::MallocMessageBuilder message;
  auto read = message.initRoot<events::schema::ChangeHeader>();
  BOOST_TEST_REQUIRE(events::read_json(header, read, events::Fields::all).has_value());
  BOOST_TEST(read.getPosition() == 2u);
  BOOST_TEST(read.getWithheldBytes() > static_cast<int64_t>(events::max_frame_bytes));
  BOOST_TEST(std::string(read.getEvent().cStr()) == "movieDescribed");
  BOOST_TEST(payload.find(R"("event":{})") != std::string::npos, payload);
  BOOST_TEST(payload.find(R"("position":2)") != std::string::npos, payload);
  BOOST_TEST(chunk_of_all.events.at(0).header.find("withheld") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
