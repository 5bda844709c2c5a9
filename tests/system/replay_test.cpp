#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include "events/client/subscriber.h"
#include "events/codec/message.h"
#include "events/schema/model.h"
#include "projector/feed/feed.h"
#include "projector/feed/replay.h"
#include "tests/support/bus_peers.h"
#include "tests/support/records.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(replay_test)

using namespace catlog;
using namespace catlog::tests;
using events::Encoding;
using events::Subscriber;
using events::schema::ReplayAnswer;
using projector::Feed;
using projector::Position;
using projector::ReplayLoop;
using std::chrono::milliseconds;

namespace {

struct Replay {
  TemporaryDirectory data;
  zmq::context_t context;
  store::Log log = store::Log::open(data / "log", store::Access::write);
  RecordScript script = small_catalogue();
  ReplayLoop loop{log, data.path(), context, [] { return Position{0}; }};
  Running<ReplayLoop> running{loop};
  Feed feed{context, endpoint("changes.ipc"), log.id()};
  zmq::socket_t peer = events::connect_socket(context, zmq::socket_type::dealer, endpoint("replay.ipc"));

  Replay() { script.append_to(log); }
  std::string endpoint(const char* name) const { return events::endpoint_in(data.path(), name); }

  std::vector<std::string> ask(const std::vector<std::string>& frames) {
    send(peer, frames);
    auto answer = receive(peer);
    BOOST_TEST_REQUIRE(!answer.empty(), "no answer");
    return answer;
  }
  // The frames of the answer to a request in JSON, from ReplayAnswer on.
  std::vector<std::string> ask(const std::string& body) {
    auto frames = ask({"tag", "j", body});
    BOOST_TEST_REQUIRE(frames.size() >= 3u);
    BOOST_TEST(frames[0] == "tag");
    BOOST_TEST(frames[1] == "j");
    frames.erase(frames.begin(), frames.begin() + 2);
    return frames;
  }
  void check_refused(const std::vector<std::string>& request) {
    auto frames = ask(request);
    BOOST_TEST_REQUIRE(frames.size() == 3u);
    BOOST_TEST((*Parsed<ReplayAnswer>(frames[2], Encoding::json)).isRefused(), frames[2]);
    BOOST_TEST((*Parsed<ReplayAnswer>(frames[2], Encoding::json)).getRefused().size() > 10u, frames[2]);
  }

  Subscriber subscriber(std::vector<std::string> topics, std::optional<Position> from) {
    return Subscriber({endpoint("changes.ipc"), endpoint("replay.ipc"), std::move(topics), from, long_enough});
  }
  // Appends a command and publishes it, or passes it over as if it had been lost on its way.
  enum class Fate { published, lost };
  void add(const std::vector<EventDraft>& drafts, Fate fate = Fate::published) {
    Position last = script.head();
    script.command(drafts);
    script.append_to(log);
    feed.take_subscriptions();
    while (last < script.head()) {
      events::RecordView record(script.bytes(++last));
      tables[events::model().entity(record.root().getStream()).table] = last;
      if (fate == Fate::published) {
        feed.publish(record.root());
      } else {
        feed.pass_to(last, tables);
      }
    }
  }
  std::map<std::string, Position> tables;
};

// What of the script matches: the oracle.
std::vector<Position> matching(const RecordScript& script, const std::vector<std::string>& topics, Position from = 1) {
  std::vector<Position> found;
  for (Position position = from; position <= script.head(); ++position) {
    events::RecordView record(script.bytes(position));
    auto topic = events::model().entity(record.root().getStream()).table + "/" +
                 std::to_string(record.root().getStreamId()) + "/";
    bool matches = topics.empty();
    for (const auto& prefix : topics) matches |= topic.starts_with(prefix);
    if (matches) found.push_back(position);
  }
  return found;
}

void check_gets(Subscriber& subscriber, const std::vector<Position>& expected) {
  std::vector<Position> found;
  while (found.size() < expected.size()) {
    auto change = subscriber.next(long_enough);
    BOOST_TEST_REQUIRE(change.has_value(), "no change came");
    found.push_back(change->position);
  }
  BOOST_TEST(found == expected, boost::test_tools::per_element());
  BOOST_TEST(!subscriber.next(milliseconds(0)).has_value());
}

// Publishes heads until the subscriber has this many events more: its subscription may be on its way still.
std::vector<Position> take_with_heads(Subscriber& subscriber, Feed& feed, size_t count) {
  std::vector<Position> found;
  auto give_up = std::chrono::steady_clock::now() + long_enough;
  while (found.size() < count && std::chrono::steady_clock::now() < give_up) {
    feed.take_subscriptions();
    feed.publish_head();
    if (auto change = subscriber.next(milliseconds(5))) found.push_back(change->position);
  }
  return found;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(replay, Replay)

BOOST_AUTO_TEST_CASE(a_chunk_carries_three_frames_for_each_event) {
  Position from = 1;
  for (bool at_head = false; !at_head;) {
    auto frames = ask("{\"read\":{\"from\":" + std::to_string(from) + ",\"limit\":4}}");
    Parsed<ReplayAnswer> answer(frames[0], Encoding::json);
    auto chunk = (*answer).getChunk();
    BOOST_TEST_REQUIRE(frames.size() == 1 + 3 * chunk.getEvents());
    for (size_t i = 1; i < frames.size(); i += 3) {
      BOOST_TEST(frames[i].starts_with("json/"));
      BOOST_TEST((*Parsed<events::schema::ChangeHeader>(frames[i + 1], Encoding::json)).getPosition() == from);
      BOOST_TEST((*Parsed<events::schema::Record>(frames[i + 2], Encoding::json)).getPosition() == from);
      ++from;
    }
    BOOST_TEST(chunk.getNext() == from);
    at_head = chunk.getAtHead();
  }
  BOOST_TEST(from == script.head() + 1);
}

BOOST_AUTO_TEST_CASE(a_req_socket_and_binary_work_too) {
  auto req = events::connect_socket(context, zmq::socket_type::req, endpoint("replay.ipc"));
  capnp::MallocMessageBuilder message;
  auto wanted = message.initRoot<events::schema::ReplayRequest>().initRead();
  wanted.initTopics(1).set(0, "users/");
  send(req, {"t", "c", events::encode(message.getRoot<events::schema::ReplayRequest>().asReader(), Encoding::capnp)});
  auto frames = receive(req);
  BOOST_TEST_REQUIRE(frames.size() > 3u);
  BOOST_TEST(frames[1] == "c");
  Parsed<ReplayAnswer> answer(frames[2], Encoding::capnp);
  BOOST_TEST((*answer).getChunk().getEvents() == matching(script, {"users/"}).size());
  for (size_t i = 3; i < frames.size(); i += 3) {
    BOOST_TEST(frames[i] == "capnp/users/1/");
    for (const char* secret : {bcrypt_hash, "sealed-a", "sealed-r"})
      BOOST_TEST(frames[i + 2].find(secret) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(status_tells_the_head) {
  Parsed<ReplayAnswer> answer(ask(R"({"status":null})").at(0), Encoding::json);
  BOOST_TEST((*answer).getStatus().getHead() == script.head());
  BOOST_TEST((*answer).getStatus().getLogId().cStr() == log.id());
}

BOOST_AUTO_TEST_CASE(malformed_requests_are_refused_and_the_next_is_answered) {
  for (const char* body :
       {"", "{", "[]", "{}", R"({"unset":null})", R"({"read":{},"status":null})", R"({"read":{"from":-1}})",
        R"({"read":{"limit":0}})", R"({"read":{"frm":1}})", R"({"read":{"topics":["json/movies/"]}})",
        R"({"read":{"topics":["movie/1/"]}})", R"({"read":{"topics":[7]}})", R"({"read":{"from":1e999}})",
        "{\"read\":{\"topics\":[\"\xff\"]}}"})
    check_refused({"tag", "j", body});
  check_refused({"tag", "j", R"({"read":{}})" + std::string(projector::max_replay_request_bytes, ' ')});
  check_refused({"tag", "x", R"({"read":{}})"});
  check_refused({"tag"});
  check_refused({"tag", "j"});
  check_refused({"tag", "j", "{}", "more"});
  check_refused({std::string(events::max_tag_bytes + 1, 't'), "j", R"({"read":{}})"});
  auto frames = ask({"tag", "c", "no message"});
  BOOST_TEST((*Parsed<ReplayAnswer>(frames.at(2), Encoding::capnp)).isRefused());
  BOOST_TEST((*Parsed<ReplayAnswer>(ask(R"({"read":{}})").at(0), Encoding::json)).isChunk());
}

BOOST_AUTO_TEST_CASE(who_reads_its_answers_gets_every_one) {
  BOOST_TEST(all_are_answered(context, endpoint("replay.ipc"), projector::replays_unanswered));
}

BOOST_AUTO_TEST_CASE(a_second_replay_names_the_first) {
  BOOST_CHECK_EXCEPTION(ReplayLoop(log, data.path(), context, [] { return Position{0}; }), events::Failure,
                        [](const auto& failure) {
                          return failure.code() == events::Exit::held &&
                                 std::string(failure.what()).find(std::to_string(::getpid())) != std::string::npos;
                        });
}

BOOST_AUTO_TEST_CASE(a_late_subscriber_gets_everything_then_what_comes) {
  feed.pass_to(script.head(), tables);
  Subscriber all = subscriber({}, 1);
  check_gets(all, matching(script, {}));
  Position first = script.head() + 1;
  for (int i = 0; i < 10; ++i) add({movie_rated(1, i, 1), genre_described(1, "G" + std::to_string(i))});
  auto expected = matching(script, {}, first);
  auto found = take_with_heads(all, feed, expected.size());
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lost_messages_are_fetched_and_keep_their_order) {
  feed.pass_to(script.head(), tables);
  const std::vector<std::vector<std::string>> interests = {
      {}, {"movies/"}, {"movies/2/"}, {"movies/1/", "movies/2/"}, {"movies/", "genres/"}, {"m"}};
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  for (const auto& topics : interests)
    subscribers.push_back(std::make_unique<Subscriber>(
        events::SubscriberOptions{endpoint("changes.ipc"), endpoint("replay.ipc"), topics, std::nullopt, long_enough}));
  Position first = script.head() + 1;
  for (int i = 0; i < 60; ++i) {
    add({movie_rated(1 + i % 2, i, 1)}, i % 3 == 0 ? Fate::lost : Fate::published);
    add({genre_described(1 + i % 2, "G" + std::to_string(i))}, i % 5 < 2 ? Fate::lost : Fate::published);
  }
  add({movie_rated(2, 1, 1), genre_described(1, "last")}, Fate::lost);  // only a head can tell
  for (size_t i = 0; i < interests.size(); ++i) {
    auto expected = matching(script, interests[i], first);
    auto found = take_with_heads(*subscribers[i], feed, expected.size());
    BOOST_TEST_CONTEXT("interest " << i) BOOST_TEST(found == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_subscriber_without_a_daemon_says_so) {
  running.stop();
  BOOST_CHECK_EXCEPTION(Subscriber({endpoint("changes.ipc"), endpoint("replay.ipc"), {}, 1, milliseconds(50)}),
                        events::Failure,
                        [](const auto& failure) { return failure.code() == events::Exit::unreachable; });
}

BOOST_AUTO_TEST_CASE(another_log_behind_the_feed_is_noticed) {
  auto elsewhere = endpoint("other.ipc");
  Feed other(context, elsewhere, "22222222-2222-4222-8222-222222222222");
  Subscriber watching({elsewhere, endpoint("replay.ipc"), {}, std::nullopt, long_enough});
  auto watch = [&] {
    for (auto give_up = std::chrono::steady_clock::now() + long_enough; std::chrono::steady_clock::now() < give_up;) {
      other.take_subscriptions();
      other.publish_head();
      watching.next(milliseconds(5));
    }
  };
  BOOST_CHECK_THROW(watch(), events::Failure);
}

BOOST_AUTO_TEST_CASE(a_cursor_of_another_log_or_beyond_the_end_is_refused) {
  const std::string next = std::to_string(script.head() + 1), beyond = std::to_string(script.head() + 2);
  const auto cursor = [](const std::string& from, const std::string& log_id) {
    return R"({"read":{"from":)" + from + R"(,"logId":")" + log_id + "\"}}";
  };
  const std::string other = "22222222-2222-4222-8222-222222222222";
  for (const std::string& stale : {cursor("1", other), cursor(next, other), cursor(beyond, log.id())}) {
    Parsed<ReplayAnswer> answer(ask(stale).at(0), Encoding::json);
    BOOST_TEST_REQUIRE((*answer).isRefused());
    BOOST_TEST(std::string((*answer).getRefused().cStr()).find("start over") != std::string::npos);
  }
  for (const std::string& good : {cursor("1", log.id()), cursor(next, log.id()), R"({"read":{"from":)" + beyond + "}}"})
    BOOST_TEST((*Parsed<ReplayAnswer>(ask(good).at(0), Encoding::json)).isChunk(), good);
}

// A log that is restored at its backup's end keeps its id, and holds other events behind that.
BOOST_AUTO_TEST_CASE(a_cursor_behind_another_event_is_refused) {
  const std::string never = "22222222-2222-4222-8222-222222222222";
  const auto read_from = [&](Position from, const std::string& command_id) {
    return fmt::format(R"({{"read":{{"from":{},"limit":2,"topics":["movies/"],"lastCommandId":"{}"}}}})", from,
                       command_id);
  };
  for (Position from = 2; from <= script.head() + 1; ++from) {
    const std::string before =
        (*Parsed<events::schema::ChangeHeader>(
             ask(fmt::format(R"({{"read":{{"from":{},"limit":1}}}})", from - 1)).at(2), Encoding::json))
            .getCommandId();
    BOOST_TEST((*Parsed<ReplayAnswer>(ask(read_from(from, before)).at(0), Encoding::json)).isChunk(), before);
    Parsed<ReplayAnswer> answer(ask(read_from(from, never)).at(0), Encoding::json);
    BOOST_TEST_REQUIRE((*answer).isRefused());
    BOOST_TEST(std::string((*answer).getRefused().cStr()).find("start over") != std::string::npos);
  }
  for (const std::string& wrong : {read_from(script.head() + 2, never), read_from(3, "no uuid")})
    BOOST_TEST((*Parsed<ReplayAnswer>(ask(wrong).at(0), Encoding::json)).isRefused(), wrong);
  // Each chunk says what the next request may give, also when what is in front of that did not match.
  std::string last;
  for (Position next = 1; next <= script.head();) {
    const auto frames = ask(last.empty() ? R"({"read":{"limit":2,"topics":["movies/"]}})" : read_from(next, last));
    Parsed<ReplayAnswer> answer(frames.at(0), Encoding::json);
    BOOST_TEST_REQUIRE((*answer).isChunk());
    next = (*answer).getChunk().getNext();
    last = (*answer).getChunk().getLastCommandId();
    BOOST_TEST(!last.empty());
  }
  Subscriber behind({endpoint("changes.ipc"), endpoint("replay.ipc"), {}, 2, long_enough, log.id(), never});
  BOOST_CHECK_THROW(behind.next(long_enough), events::Failure);
}

BOOST_AUTO_TEST_CASE(a_subscriber_does_not_go_on_with_an_old_cursor) {
  const auto begin = [&](Position from, const std::string& log_id) {
    Subscriber({endpoint("changes.ipc"), endpoint("replay.ipc"), {}, from, long_enough, log_id});
  };
  const auto is_refused = [](const auto& failure) {
    return failure.code() == events::Exit::refused &&
           std::string(failure.what()).find("start over") != std::string::npos;
  };
  begin(script.head() + 1, log.id());
  begin(1, "");
  BOOST_CHECK_EXCEPTION(begin(1, "22222222-2222-4222-8222-222222222222"), events::Failure, is_refused);
  BOOST_CHECK_EXCEPTION(begin(script.head() + 2, log.id()), events::Failure, is_refused);
  BOOST_CHECK_EXCEPTION(begin(script.head() + 2, ""), events::Failure, is_refused);
}

BOOST_AUTO_TEST_CASE(a_feed_that_is_late_is_no_lost_log) {
  Subscriber ahead = subscriber({}, 1);
  check_gets(ahead, matching(script, {}));
  feed.pass_to(1, {{"movies", 1}});
  for (int i = 0; i < 3; ++i) {
    feed.take_subscriptions();
    feed.publish_head();
    BOOST_TEST(!ahead.next(milliseconds(20)).has_value());
  }
  feed.pass_to(script.head(), tables);
  const Position first = script.head() + 1;
  add({movie_rated(1, 1, 1)});
  BOOST_TEST(take_with_heads(ahead, feed, 1) == matching(script, {}, first), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(wrong_topics_are_wrong_use) {
  BOOST_CHECK_EXCEPTION(subscriber({"json/movies/"}, 1), events::Failure,
                        [](const auto& failure) { return failure.code() == events::Exit::usage; });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
