#include <boost/test/unit_test.hpp>

#include <functional>
#include <thread>

#include "events/digest.h"
#include "events/error.h"
#include "store/engine/batch.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/engine/local_commits.h"
#include "store/log.h"
#include "tests/support/engine_contract.h"
#include "tests/support/log_records.h"
#include "tests/support/memory_engine.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(engine_test)

using namespace catlog::store::engine;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
using catlog::events::TreeHead;
using catlog::store::Access;
using catlog::store::Log;
using Fault = MemoryEngine::Fault;

namespace {

auto failure_with(std::string part) {
  return [part](const Failure& failure) { return std::string(failure.what()).find(part) != std::string::npos; };
}

// A node: its log, and what it does with it.
struct Node {
  explicit Node(MemoryEngine& at) : engine(at), log(Log::open(directory.path(), Access::write)) {}
  void lead(const std::string& name) {
    const auto term = engine.elect(name, "tcp://" + name);
    BOOST_REQUIRE(term != 0u);
    leadership.emplace(engine, Member{name, "tcp://" + name, 3, 1'000}, term, log.frontier());
    own.emplace(log, [](const LocalCommits::Commit&) {});
  }
  // As the writer does it.
  void write(const FakeRecords& records) {
    std::vector<catlog::store::Bytes> bytes;
    for (const std::string& record : records) bytes.push_back(std::as_bytes(std::span(record)));
    own->hand_over(leadership->append(bytes));
    own->wait_for_all();
  }
  void follow() {
    join(engine, log, IfEmpty::refuse);
    Following following(engine, log);
    while (following.take() > 0) {
    }
  }
  TreeHead head() const { return log.snapshot().tree_head(); }

  MemoryEngine& engine;
  TemporaryDirectory directory;
  Log log;
  std::optional<Leadership> leadership;
  std::optional<LocalCommits> own;
};

// Gives what it has, as another node does; `change`: what becomes of it on the way.
struct Giving : Others {
  explicit Giving(Log& from) : log(from) {}
  size_t size() const override { return 2; }
  std::optional<Piece> piece(const TreeHead& own, const TreeHead& trusted) override {
    ++asked;
    if (asked <= silent) return {};
    auto given = piece_of(log, own.size, trusted.size, 2'000);
    if (given) change(*given);
    return given;
  }
  Log& log;
  int asked = 0, silent = 0;  // silent: of the first questions, how many get no answer
  std::function<void(Piece&)> change = [](Piece&) {};
};

// One that leads a log that is the engine's.
struct Three {
  Three() {
    join(engine, a.log, IfEmpty::begin);
    a.lead("a");
  }
  MemoryEngine engine;
  Node a{engine}, b{engine};
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_one_in_memory_is_an_engine) {
  MemoryEngine engine;
  check_engine(engine, engine, [&] { engine.depose(); });
}

BOOST_AUTO_TEST_CASE(a_batch_is_read_as_it_was_written) {
  const FakeRecords records{fake_record(2, 1), fake_record(300, 2)};
  std::vector<catlog::store::Bytes> bytes;
  for (const std::string& record : records) bytes.push_back(std::as_bytes(std::span(record)));
  const Batch batch = make_batch(7, {5, {1}}, {7, {2}}, bytes);
  const auto decoded = decode(encode(batch).head);
  BOOST_REQUIRE(decoded.has_value());
  BOOST_TEST((decoded->batch == batch));
  const auto read = records_of(decoded->batch);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(to_text((*read)[0]) == records[0]);
  BOOST_TEST(to_text((*read)[1]) == records[1]);
}

BOOST_AUTO_TEST_CASE(what_is_no_batch_is_none) {
  const FakeRecords records{fake_record(2, 1), fake_record(3, 2)};
  std::vector<catlog::store::Bytes> bytes;
  for (const std::string& record : records) bytes.push_back(std::as_bytes(std::span(record)));
  const std::string whole = encode(make_batch(7, {5, {1}}, {7, {2}}, bytes)).head;
  for (size_t length = 0; length < whole.size(); ++length) BOOST_TEST(!decode(whole.substr(0, length)).has_value());
  BOOST_TEST(!decode(whole + "x").has_value());
  // Whatever byte is another one: nothing is read beside the batch.
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string other = whole;
    other[at] = static_cast<char>(other[at] ^ 0x81);
    if (const auto decoded = decode(other)) (void)records_of(decoded->batch);
  }
  BOOST_CHECK_THROW(make_batch(1, {5, {}}, {5, {}}, {}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_follower_has_the_same_log) {
  Three three;
  three.a.write({fake_record(3, 1), fake_record(500, 2)});
  three.a.write({fake_record(4, 3)});
  three.b.follow();
  BOOST_TEST((three.b.head() == three.a.head()));
  BOOST_TEST(three.b.log.id() == three.a.log.id());
  BOOST_TEST(scan(three.b.log.snapshot()) == scan(three.a.log.snapshot()));
}

BOOST_AUTO_TEST_CASE(what_nobody_knows_is_asked_again_and_is_there_once) {
  Three three;
  for (const Fault fault : {Fault::applied_unknown, Fault::dropped_unknown, Fault::delayed}) {
    three.engine.next(fault);
    three.engine.next(Fault::dropped_unknown);
    three.a.write({fake_record(3, static_cast<uint64_t>(fault))});
    three.engine.arrive();
  }
  three.b.follow();
  BOOST_TEST(three.a.log.head() == 3u);
  BOOST_TEST((three.b.head() == three.a.head()));
}

BOOST_AUTO_TEST_CASE(a_former_leader_writes_nothing_and_says_so) {
  Three three;
  three.a.write({fake_record(3, 1)});
  three.b.follow();
  three.engine.depose();
  three.b.lead("b");
  BOOST_CHECK_THROW(three.a.write({fake_record(3, 2)}), LeadLost);
  BOOST_TEST(three.a.log.head() == 1u);
  three.b.write({fake_record(3, 3)});
  three.a.leadership.reset();
  three.a.follow();
  BOOST_TEST((three.b.head() == three.a.head()));
}

BOOST_AUTO_TEST_CASE(what_a_former_leader_brought_in_without_knowing_is_its_own) {
  Three three;
  three.engine.next(Fault::applied_unknown);
  // Between the append and the question whether it is there.
  std::thread other([&] {
    while (three.engine.tip()->head.size == 0) std::this_thread::yield();
    three.engine.depose();
    three.b.follow();
    three.b.lead("b");
  });
  three.a.write({fake_record(3, 1)});
  other.join();
  BOOST_TEST(three.a.log.head() == 1u);
  BOOST_CHECK_THROW(three.a.write({fake_record(3, 2)}), LeadLost);
}

BOOST_AUTO_TEST_CASE(logs_of_two_histories_are_told_apart_by_their_roots) {
  Three three;
  three.a.write({fake_record(3, 1)});
  three.b.follow();
  append(three.b.log, 1, {fake_record(3, 9)});  // behind the engine's back
  BOOST_CHECK_EXCEPTION(three.b.follow(), Failure, failure_with("the engine was set back"));
  three.a.write({fake_record(3, 2)});
  BOOST_CHECK_EXCEPTION(three.b.follow(), Failure, failure_with(catlog::events::hex(three.a.head().root)));
  three.a.write({fake_record(3, 3)});
  BOOST_CHECK_EXCEPTION(three.b.follow(), Failure, failure_with(catlog::events::hex(three.b.head().root)));
}

// No root is there to be compared: nothing of the cluster's begins or ends where this log does.
BOOST_AUTO_TEST_CASE(a_log_that_ends_within_a_batch_forked_whether_more_batches_come_or_not) {
  Three three;
  three.a.write({fake_record(3, 1)});
  three.b.follow();
  append(three.b.log, 1, {fake_record(3, 9)});  // behind the engine's back
  three.a.write({fake_record(3, 2), fake_record(3, 3), fake_record(3, 4)});
  BOOST_CHECK_EXCEPTION(three.b.follow(), Failure, failure_with("ends at position 2, and the cluster's goes on to 4 "));
  three.a.write({fake_record(3, 5)});
  BOOST_CHECK_EXCEPTION(three.b.follow(), Failure, failure_with("goes on to 5 "));
}

// They come in one answer and would be one commit.
BOOST_AUTO_TEST_CASE(of_batches_that_came_together_those_before_a_wrong_one_are_taken) {
  enum class Wrong { none, record, gap, length };
  struct Lying : MemoryEngine {
    std::vector<Batch> read(catlog::events::Position from, size_t max_bytes) override {
      auto batches = MemoryEngine::read(from, max_bytes);
      for (auto at = batches.begin(); at != batches.end(); ++at) {
        if (at->before.size != 2 || wrong == Wrong::none) continue;
        if (wrong == Wrong::gap) return batches.erase(at), batches;
        if (wrong == Wrong::record) at->body.back() = static_cast<char>(at->body.back() ^ 1);
        if (wrong == Wrong::length) at->body.pop_back();
      }
      return batches;
    }
    Wrong wrong = Wrong::none;
  };
  for (const auto& [wrong, says] : {std::pair(Wrong::record, "at position 3 "), std::pair(Wrong::gap, "at position 2 "),
                                    std::pair(Wrong::length, "behind position 2 ")}) {
    Lying engine;
    Node a(engine), b(engine);
    join(engine, a.log, IfEmpty::begin);
    a.lead("a");
    for (uint64_t seed = 0; seed < 5; ++seed) a.write({fake_record(3, seed)});
    engine.wrong = wrong;
    BOOST_CHECK_EXCEPTION(b.follow(), Failure, failure_with(says));
    BOOST_TEST(b.log.head() == 2u);
    engine.wrong = Wrong::none;
    b.follow();
    BOOST_TEST((b.head() == a.head()));
  }
}

BOOST_AUTO_TEST_CASE(who_does_not_belong_is_told_what_to_do) {
  MemoryEngine engine;
  Node a(engine), b(engine);
  BOOST_CHECK_EXCEPTION(join(engine, a.log, IfEmpty::refuse), Failure, failure_with("--cluster-begin"));
  join(engine, a.log, IfEmpty::begin);
  append(b.log, 0, {fake_record(3, 9)});
  BOOST_CHECK_EXCEPTION(b.follow(), Failure, failure_with("begin with an empty data directory"));
}

BOOST_AUTO_TEST_CASE(what_a_majority_has_is_trimmed_and_nothing_else) {
  Three three;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    three.a.write({fake_record(100, seed)});
    three.a.leadership->keep(three.a.log.head());
  }
  BOOST_TEST(three.engine.tip()->first == 1u);  // only one has it
  three.b.follow();
  three.engine.hold("b", three.b.log.head());
  three.a.leadership->keep(three.a.log.head());
  BOOST_TEST(three.engine.tip()->first > 1u);
  Node late(three.engine);
  BOOST_CHECK_EXCEPTION(late.follow(), Failure, failure_with("catlog restore"));
}

BOOST_AUTO_TEST_CASE(what_the_engine_keeps_no_more_comes_from_another_node_that_needs_no_trust) {
  Three three;
  for (uint64_t seed = 0; seed < 20; ++seed) three.a.write({fake_record(100, seed), fake_record(3, seed)});
  three.engine.trim(three.a.leadership->term(), 31);
  Node late(three.engine);
  Giving giving(three.a.log);
  join(three.engine, late.log, IfEmpty::refuse, &giving);
  Following following(three.engine, late.log, &giving);
  // Records of another log, with their own heads and a proof that does not lead to the engine's; a proof of nothing; a
  // piece that is cut; nobody at all.
  Node liar(three.engine);
  append(liar.log, 0, FakeRecords(40, fake_record(5, 7)));
  Giving lies(liar.log);
  Following deceived(three.engine, late.log, &lies);
  BOOST_CHECK_EXCEPTION(deceived.take(), Unreachable, [](const Unreachable& why) {
    return std::string(why.what()).find("not of the cluster's log") != std::string::npos;
  });
  for (const auto& change : std::vector<std::function<void(Piece&)>>{
           [](Piece& piece) { piece.path.clear(); }, [](Piece& piece) { piece.path.back()[3] ^= 1; },
           [](Piece& piece) { piece.batch.body.back() ^= 1; }, [](Piece& piece) { piece.batch.body.pop_back(); },
           [](Piece& piece) { piece.batch.after.size -= 1; }}) {
    giving.change = change;
    BOOST_CHECK_THROW(following.take(), Unreachable);
    BOOST_TEST(late.log.head() == 0u);
  }
  giving.change = [](Piece&) {};
  giving.asked = 0;
  while (following.take() > 0) {
  }
  BOOST_TEST(giving.asked > 3);  // in pieces
  BOOST_TEST((late.head() == three.a.head()));
  BOOST_TEST(scan(late.log.snapshot()) == scan(three.a.log.snapshot()));
}

BOOST_AUTO_TEST_CASE(what_the_leader_trims_while_a_follower_asks_is_asked_for_anew) {
  struct Trimming : MemoryEngine {
    std::optional<Tip> tip() override {
      const auto told = MemoryEngine::tip();
      if (next > 0) trim(term, std::exchange(next, 0));
      return told;
    }
    Term term = 0;
    catlog::events::Position next = 0;
  } engine;
  Node a(engine), late(engine);
  join(engine, a.log, IfEmpty::begin);
  a.lead("a");
  for (uint64_t seed = 0; seed < 9; ++seed) a.write({fake_record(100, seed)});
  engine.term = a.leadership->term();
  engine.trim(engine.term, 3);
  Giving giving(a.log);
  join(engine, late.log, IfEmpty::refuse, &giving);
  Following following(engine, late.log, &giving);
  engine.next = 6;  // between the question where the engine's batches begin, and the one for the first of them
  BOOST_TEST(following.take() == 0u);
  BOOST_TEST(giving.asked == 0);
  while (following.take() > 0) {
  }
  BOOST_TEST((late.head() == a.head()));
}

BOOST_AUTO_TEST_CASE(other_nodes_are_silent_when_none_of_them_answered) {
  Three three;
  for (uint64_t seed = 0; seed < 9; ++seed) three.a.write({fake_record(100, seed)});
  three.engine.trim(three.a.leadership->term(), 6);
  Node late(three.engine);
  Giving giving(three.a.log);
  join(three.engine, late.log, IfEmpty::refuse, &giving);
  Following following(three.engine, late.log, &giving);
  giving.silent = 3;
  BOOST_TEST(following.take() == 0u);
  BOOST_CHECK_THROW(following.take(), OthersSilent);
  BOOST_TEST(following.take() == 0u);
  BOOST_TEST(following.take() == 1u);
}

BOOST_AUTO_TEST_CASE(a_node_whose_own_log_forked_is_told_so_and_blames_no_other) {
  Three three;
  for (uint64_t seed = 0; seed < 9; ++seed) three.a.write({fake_record(100, seed)});
  three.engine.trim(three.a.leadership->term(), 6);
  Node forked(three.engine);
  forked.log.identify({three.a.log.id(), {}});
  append(forked.log, 0, {fake_record(100, 0), fake_record(100, 7), fake_record(100, 2)});
  Giving giving(three.a.log);
  join(three.engine, forked.log, IfEmpty::refuse, &giving);
  Following following(three.engine, forked.log, &giving);
  // A lie about what is before proves nothing.
  giving.change = [](Piece& piece) { piece.batch.before.root[0] ^= 1; };
  BOOST_CHECK_THROW(following.take(), OthersSilent);
  giving.change = [](Piece& piece) { piece.path_before.pop_back(); };
  BOOST_CHECK_THROW(following.take(), OthersSilent);
  giving.change = [](Piece&) {};
  BOOST_CHECK_EXCEPTION(following.take(), Failure, failure_with("they are not of one history"));
  BOOST_TEST(forked.log.head() == 3u);
}

BOOST_AUTO_TEST_CASE(a_node_that_begins_empty_has_the_whole_identity_of_the_log) {
  MemoryEngine engine;
  Node a(engine), b(engine);
  const catlog::store::ForkedFrom origin{"01a20edd-db2b-703e-bbf8-249c39085539", 5, catlog::events::sha256("root")};
  a.log.identify({a.log.id(), origin});
  join(engine, a.log, IfEmpty::begin);
  b.follow();
  BOOST_TEST(b.log.id() == a.log.id());
  BOOST_TEST((b.log.forked_from() == std::optional(origin)));
}

BOOST_AUTO_TEST_CASE(what_is_kept_of_the_terms_before_counts) {
  Three three;
  for (uint64_t seed = 0; seed < 10; ++seed) three.a.write({fake_record(100, seed)});
  three.engine.hold("a", three.a.log.head());
  three.b.follow();
  three.engine.depose();
  three.b.lead("b");
  three.b.write({fake_record(100, 10)});
  three.b.leadership->keep(three.b.log.head());
  BOOST_TEST(three.engine.tip()->first == 11u);  // two are more than 1'000 bytes, and of the last b alone has said so
}

BOOST_AUTO_TEST_CASE(a_lost_ring_and_a_silent_engine_cost_time_only) {
  Three three;
  three.engine.lose_rings();
  three.a.write({fake_record(3, 1)});
  three.engine.be(MemoryEngine::State::down);
  BOOST_CHECK_THROW(three.b.follow(), Unreachable);
  std::thread later([&] {
    while (three.engine.unanswered() == 0) std::this_thread::yield();
    three.engine.be(MemoryEngine::State::up);
  });
  three.a.write({fake_record(3, 2)});
  later.join();
  three.b.follow();
  BOOST_TEST((three.b.head() == three.a.head()));
}

BOOST_AUTO_TEST_SUITE_END()
