#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bin/nodes/copy_loop.h"
#include "bin/nodes/node_loop.h"
#include "bin/nodes/peers.h"
#include "bin/nodes/shared_keys.h"
#include "commandhandler/keys.h"
#include "events/bus/gate.h"
#include "projector/groups/group_file.h"
#include "projector/groups/group_keeper.h"
#include "projector/quarantine/quarantine.h"
#include "store/log.h"
#include "tests/support/log_records.h"
#include "tests/support/memory_engine.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(nodes_test)

using namespace catlog;
using namespace catlog::tests;
using commandhandler::KeyFolder;
using commandhandler::KeyNotShared;
using commandhandler::Keys;
using nodes::Address;
using nodes::Peers;

namespace {

constexpr std::chrono::seconds patience{20};  // for what takes a moment
constexpr int most_looks = 30;                // for what one look brings, unless an answer is late

events::ClientKeys client_keys(const events::KeyPair& pair) {
  return {pair.public_key, pair.public_key, pair.secret_key};
}

// One that answers others, until it is stopped.
class Node {
 public:
  explicit Node(const events::KeyPair& pair)
      : pair_(pair),
        gate_(context_, {events::KeysAsked::no, pair.secret_key, 0}),
        log_(store::Log::open(directory_ / "log", store::Access::write)) {}
  ~Node() { stop(); }
  void start(const std::string& at = "tcp://127.0.0.1:0") {
    stop_.emplace();
    loop_.emplace(context_, gate_, at, log_, data());
    gate_thread_ = std::jthread([this] { gate_.run(*stop_); });
    thread_ = std::jthread([this] { loop_->run(*stop_); });
  }
  void stop() {
    if (!loop_) return;
    endpoint_ = loop_->endpoint();
    stop_->set();
    thread_.join();
    gate_thread_.join();
    loop_.reset();
  }
  std::string endpoint() const { return loop_ ? loop_->endpoint() : endpoint_; }
  events::DataDirectory data() const { return directory_.path(); }
  std::filesystem::path keys() const { return data().keys(); }
  KeyFolder::Names names() const { return KeyFolder(keys()).list(); }
  zmq::context_t& context() { return context_; }
  store::Log& log() { return log_; }

 private:
  TemporaryDirectory directory_;
  events::KeyPair pair_;
  zmq::context_t context_;
  events::Gate gate_;
  store::Log log_;
  std::optional<events::Stop> stop_;
  std::optional<nodes::NodeLoop> loop_;
  std::string endpoint_;
  std::jthread gate_thread_, thread_;
};

struct Three {
  Three() {
    for (auto& node : nodes) {
      node = std::make_unique<Node>(pair);
      node->start();
    }
  }
  Node& operator[](size_t at) { return *nodes[at]; }
  Peers peers_of(size_t at) {
    std::vector<Address> others;
    for (size_t other = 0; other < 3; ++other)
      if (other != at) others.push_back({std::string(1, static_cast<char>('a' + other)), nodes[other]->endpoint()});
    return {nodes[at]->context(), others, client_keys(pair)};
  }
  // Whether it becomes so while the node's loop looks at the others: an answer may be late.
  bool becomes(size_t at, const std::function<bool()>& condition) {
    Peers peers = peers_of(at);
    nodes::CopyLoop loop(peers, nodes[at]->data(), nodes[at]->log().id(), [](const auto&, const auto&) {});
    for (int looks = 0; looks < most_looks; ++looks) {
      loop.look(never);
      if (condition()) return true;
    }
    return false;
  }

  events::Stop never;
  events::KeyPair pair = events::new_key_pair();
  std::unique_ptr<Node> nodes[3];
};

// What a leader seals with.
struct Leading {
  Leading(Three& three, size_t at, std::chrono::milliseconds within = patience)
      : peers(three.peers_of(at)), shared(peers, 3, within), keys(three[at].keys(), &shared) {}
  Peers peers;
  nodes::SharedKeys shared;
  Keys keys;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_majority_has_a_key_before_anything_is_sealed_with_it) {
  Three three;
  three[2].stop();
  Leading a(three, 0);
  const std::string sealed = a.keys.seal(7, "secret");
  BOOST_TEST((three[1].names() == three[0].names()));
  BOOST_TEST(three[1].names().keys.size() == 1u);
  BOOST_TEST(Keys(three[1].keys()).open(sealed) == "secret");
}

BOOST_AUTO_TEST_CASE(without_a_majority_nothing_is_sealed_and_others_do_not_wait_for_it) {
  Three three;
  three[1].stop();
  three[2].stop();
  Leading a(three, 0, std::chrono::milliseconds(100));
  BOOST_CHECK_THROW(a.keys.seal(7, "secret"), KeyNotShared);
  for (int64_t user = 0; user < 100; ++user) BOOST_CHECK_THROW(a.keys.seal(user, "secret"), KeyNotShared);
}

BOOST_AUTO_TEST_CASE(who_leads_next_goes_on_with_the_keys_that_a_majority_has) {
  Three three;
  three[2].stop();
  const std::string sealed = Leading(three, 0).keys.seal(7, "secret");
  three[0].stop();
  three[2].start();
  BOOST_TEST(three[2].names().keys.empty());
  BOOST_TEST(Leading(three, 2).keys.seal(7, "secret") == sealed);
}

BOOST_AUTO_TEST_CASE(a_key_that_was_only_on_one_node_is_shared_before_it_is_used_again) {
  Three three;
  const std::string sealed = Keys(three[0].keys()).seal(7, "secret");
  {
    Keys alone(three[0].keys());
    alone.seal(7, "secret");
    alone.sync();
  }
  const auto before = three[0].names();
  Leading a(three, 0);
  a.keys.seal(7, "secret");
  BOOST_TEST((three[0].names() == before));
  BOOST_TEST((three[1].names() == before || three[2].names() == before));
}

BOOST_AUTO_TEST_CASE(what_was_destroyed_is_destroyed_on_a_node_that_was_away) {
  Three three;
  Leading a(three, 0);
  const std::string sealed = a.keys.seal(7, "secret");
  for (const size_t other : {1, 2})
    BOOST_TEST(three.becomes(other, [&] { return three[other].names() == three[0].names(); }));
  const auto key = *three[0].names().keys.begin();
  const auto is_gone = [&](size_t at) {
    return [&three, key, at] {
      return three[at].names().destroyed.contains(key) &&
             !std::filesystem::exists(KeyFolder(three[at].keys()).file_of(key));
    };
  };
  three[2].stop();
  BOOST_TEST(KeyFolder(three[1].keys()).destroy(key));
  BOOST_TEST(three.becomes(0, is_gone(0)));
  BOOST_TEST(three[2].names().keys.contains(key));
  three[2].start();
  BOOST_TEST(three.becomes(2, is_gone(2)));
  for (auto& node : three.nodes) BOOST_CHECK_THROW(Keys(node->keys()).open(sealed), events::Failure);
  // A key's file that a copy brings back is none, and goes again.
  BOOST_TEST((KeyFolder(three[2].keys()).keep({key, std::string(32, 'k')}) == KeyFolder::Kept::destroyed));
}

BOOST_AUTO_TEST_CASE(a_leader_that_has_not_heard_of_it_seals_with_no_destroyed_key) {
  Three three;
  const std::string sealed = Leading(three, 0).keys.seal(7, "secret");
  const auto key = *three[0].names().keys.begin();
  for (const size_t other : {1, 2}) KeyFolder(three[other].keys()).destroy(key);
  Leading a(three, 0);
  BOOST_TEST(a.keys.seal(7, "secret") != sealed);
  BOOST_TEST(!three[0].names().keys.contains(key));
  BOOST_TEST(three[0].names().keys.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_name_of_a_group_goes_on_from_where_another_node_had_it) {
  using projector::GroupKeeper;
  Three three;
  for (auto& node : three.nodes) {
    small_catalogue().append_to(node->log());
    if (node != three.nodes[0]) node->log().identify({three[0].log().id(), {}});
  }
  const auto groups = [&](size_t at) { return three[at].data().groups(); };
  const auto record_at = [&](projector::Position cursor) {
    projector::GroupRecord record{"search", three[0].log().id(), {"movies/"}, {}, {}, {}};
    record.work.cursor = record.work.seen = cursor;
    record.seen_command_id = projector::command_id_at(three[0].log(), cursor);
    return record;
  };
  const auto cursor_after_join = [&](size_t at) {
    GroupKeeper keeper(three[at].log(), groups(at), {});
    const auto joined = keeper.join({"search", "member", {"movies/"}, 1, {}}, {});
    BOOST_REQUIRE(joined.has_value());
    return (*joined)->work.state().cursor;
  };
  for (const size_t at : {1, 2}) std::filesystem::create_directories(groups(at));
  projector::write_group(groups(1), record_at(2));
  projector::write_group(groups(2), record_at(3));
  const auto has_copy = [&](size_t at, const char* of) {
    return projector::has_group_file(groups(at) / projector::of_other_nodes / of, "search");
  };
  BOOST_TEST(three.becomes(0, [&] { return has_copy(0, "b") && has_copy(0, "c"); }));
  BOOST_TEST(cursor_after_join(0) == 3u);
  // Back on the node where it was before, which has not gone on since.
  BOOST_TEST(three.becomes(1, [&] { return has_copy(1, "c"); }));
  BOOST_TEST(cursor_after_join(1) == 3u);
  // An operator has it begin anew: no copy that is further undoes that, and the others begin there too.
  const auto began_anew = [&](size_t at, const char* of) {
    const auto copy = projector::read_group(groups(at) / projector::of_other_nodes / of, "search");
    return copy && copy->resets > 0;
  };
  {
    GroupKeeper keeper(three[0].log(), groups(0), {});
    BOOST_TEST(keeper.carry_out({projector::GroupOrder::Kind::reset, "search", {}, 1}, {}).has_value());
  }
  BOOST_TEST(cursor_after_join(0) == 0u);
  BOOST_TEST(three.becomes(1, [&] { return began_anew(1, "a"); }));
  BOOST_TEST(cursor_after_join(1) == 0u);
  // Again, on another node, before this one has heard of that: later all the same.
  {
    GroupKeeper keeper(three[1].log(), groups(1), {});
    BOOST_TEST(keeper.carry_out({projector::GroupOrder::Kind::reset, "search", {}, 3}, {}).has_value());
  }
  BOOST_TEST(three.becomes(0, [&] {
    const auto copy = projector::read_group(groups(0) / projector::of_other_nodes / "b", "search");
    return copy && copy->resets == 2;
  }));
  BOOST_TEST(cursor_after_join(0) == 2u);
  // Nobody has it any more: a copy goes with its group.
  projector::remove_group(groups(2), "search");
  BOOST_TEST(three.becomes(0, [&] { return !has_copy(0, "c"); }));
}

BOOST_AUTO_TEST_CASE(who_copies_is_told_where_an_operators_lists_differ) {
  Three three;
  for (const size_t other : {1, 2}) three[other].log().identify({three[0].log().id(), {}});
  std::vector<std::string> told;
  Peers peers = three.peers_of(0);
  nodes::CopyLoop loop(peers, three[0].data(), three[0].log().id(),
                       [&](const std::string& name, const std::string& words) {
                         told.push_back(name + (words.empty() ? "" : ": " + words));
                       });
  // The same order, given on each node at another time.
  const auto order = [&](size_t at, std::vector<projector::Position> positions) {
    projector::Quarantine list(three[0].log().id());
    for (const auto position : positions)
      list.add({position, "a title of blanks", static_cast<int64_t>(at), "operator"});
    list.save(three[at].data().quarantine());
  };
  for (const size_t at : {0, 1, 2}) order(at, {5});
  for (int rounds = 0; rounds < 10; ++rounds) loop.look(three.never);
  BOOST_TEST(told.empty());
  order(1, {5, 6});
  for (int rounds = 0; rounds < most_looks && told.empty(); ++rounds) loop.look(three.never);
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0].starts_with("b: its quarantine.json"));
  order(1, {5});
  for (int rounds = 0; rounds < most_looks && told.size() < 2; ++rounds) loop.look(three.never);
  BOOST_TEST((told.size() == 2u && told[1] == "b"));
}

BOOST_AUTO_TEST_CASE(nobody_without_the_common_key_is_answered) {
  Three three;
  const auto stranger = events::new_key_pair();
  Peers asking(three[0].context(), {{"b", three[1].endpoint()}},
               {three.pair.public_key, stranger.public_key, stranger.secret_key});
  BOOST_TEST(!asking.ask(0, "keys x\n", std::chrono::seconds(1)).has_value());
  Peers again(three[0].context(), {{"b", three[1].endpoint()}}, client_keys(three.pair));
  BOOST_TEST(again.ask(0, "keys x\n", patience).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_told_so) {
  Three three;
  Peers peers(three[0].context(), {{"b", three[1].endpoint()}}, client_keys(three.pair));
  for (const std::string& request :
       {std::string(), std::string("keys"), std::string("\n"), std::string(10'000, 'x'), std::string("key ../../x\n"),
        std::string("put user-7-0123456789abcdef\nshort"),
        std::string("put user-7-0123456789abcde/\n") + std::string(32, 'k'), std::string("find -\n"),
        std::string("records 0 1\n"), std::string("records 5 3\n"), std::string("records 99999999999999999999 1\n"),
        std::string("delete all\n")}) {
    const auto answer = peers.ask(0, request, patience);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->front() == "no");
  }
}

// As on a full disk: what cannot be kept is answered, told, and nobody ends of it.
BOOST_AUTO_TEST_CASE(a_folder_that_takes_no_key_is_one_requests_trouble) {
  Three three;
  const std::string put = "put user-7-0123456789abcdef\n" + std::string(32, 'k');
  Peers peers(three[0].context(), {{"b", three[1].endpoint()}, {"c", three[2].endpoint()}}, client_keys(three.pair));
  std::ofstream(three[1].keys()) << "no folder";
  std::filesystem::create_symlink(three[2].data().root / "nowhere", three[2].keys());
  for (const size_t peer : {0, 1})
    for (int times = 0; times < 2; ++times) {
      const auto answer = peers.ask(peer, put, patience);
      BOOST_REQUIRE(answer.has_value());
      BOOST_TEST(answer->front() == "no");
    }
  BOOST_TEST(peers.ask(0, "keys x\n", patience).has_value());
  // Who copies from one that has a key.
  KeyFolder(three[0].keys()).keep({{7, "0123456789abcdef"}, std::string(32, 'k')});
  std::vector<std::string> told;
  Peers others = three.peers_of(1);
  nodes::CopyLoop loop(others, three[1].data(), three[1].log().id(),
                       [&](const std::string& name, const std::string& words) { told.push_back(name + ": " + words); });
  for (int rounds = 0; rounds < most_looks && told.empty(); ++rounds) loop.look(three.never);
  BOOST_REQUIRE(!told.empty());
  BOOST_TEST(told[0].find(three[1].keys().string()) != std::string::npos);
  // Nor does a leader.
  Leading leader(three, 2);
  BOOST_CHECK_THROW(leader.keys.seal(7, "secret"), commandhandler::KeyDamaged);
}

BOOST_AUTO_TEST_CASE(many_keys_come_in_several_looks_and_none_that_another_knows_as_destroyed) {
  Three three;
  const auto name_of = [](int64_t user) { return commandhandler::KeyName{user, "0123456789abcdef"}; };
  std::filesystem::create_directories(three[1].keys());
  for (int64_t user = 0; user < 300; ++user)
    std::ofstream(KeyFolder(three[1].keys()).file_of(name_of(user))) << std::string(32, 'k');
  KeyFolder(three[2].keys()).destroy(name_of(7));
  Peers peers = three.peers_of(0);
  nodes::CopyLoop loop(peers, three[0].data(), three[0].log().id(), [](const auto&, const auto&) {});
  events::Stop stop;
  stop.set();
  loop.look(stop);
  BOOST_TEST(three[0].names().keys.empty());
  auto ours = three[0].names();
  for (int looks = 0; looks < most_looks && (ours.keys.size() < 299 || ours.destroyed.empty()); ++looks) {
    const size_t before = ours.keys.size();
    loop.look(three.never);
    ours = three[0].names();
    BOOST_TEST(ours.keys.size() <= before + 256);
  }
  BOOST_TEST(ours.keys.size() == 299u);
  BOOST_TEST(!std::filesystem::exists(KeyFolder(three[0].keys()).file_of(name_of(7))));
}

BOOST_AUTO_TEST_CASE(records_that_the_engine_keeps_no_more_come_over_the_bus) {
  Three three;
  FakeRecords records;
  for (uint64_t seed = 0; seed < 3; ++seed) records.push_back(fake_record(400'000, seed));  // 3.2 MB each: in pieces
  append(three[1].log(), 0, records);
  const auto head = three[1].log().snapshot().tree_head();
  MemoryEngine engine;
  engine.begin({three[1].log().id(), {}}, head);
  Peers peers = three.peers_of(0);  // c has none of it
  nodes::PeersRecords others(peers, patience);
  store::engine::join(engine, three[0].log(), store::engine::IfEmpty::refuse, &others);
  store::engine::Following following(engine, three[0].log(), &others);
  for (int pieces = 0; following.head() != head; ++pieces) {
    BOOST_REQUIRE(pieces < 10);
    following.take();
  }
  BOOST_TEST(scan(three[0].log().snapshot()) == records);
}

BOOST_AUTO_TEST_SUITE_END()
