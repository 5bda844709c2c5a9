// The engine over real etcd. Where it was not built, or etcd is not there, each case says so.
#include <boost/test/unit_test.hpp>

#include "tests/support/engine_contract.h"
#include "tests/support/etcd_processes.h"
#include "tests/support/log_records.h"

#ifdef CATLOG_CLUSTER
#include "store/engine/etcd/connection.h"
#include "store/engine/etcd/etcd_engine.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "store/engine/local_commits.h"
#include "store/log.h"
#endif

BOOST_AUTO_TEST_SUITE(etcd_test)

#ifndef CATLOG_CLUSTER

BOOST_AUTO_TEST_CASE(not_tried) {
  BOOST_TEST_MESSAGE("not tried: this build has no etcd engine (ops/install --cluster, then configure again)");
}

#else

using namespace catlog::store::engine;
using namespace catlog::tests;
using catlog::store::Access;
using catlog::store::Log;

namespace {

// Empty: not tried.
std::string etcd_program() {
  const std::string program = EtcdProcesses::find(CATLOG_SOURCE);
  if (program.empty()) BOOST_TEST_MESSAGE("not tried: there is no etcd (ops/install --cluster)");
  return program;
}

constexpr std::chrono::seconds short_lease{2}, long_lease{10};

std::unique_ptr<Engine> engine_at(const EtcdProcesses& etcd, std::chrono::seconds lease = short_lease) {
  return make_etcd_engine({etcd.endpoints(), "test", lease});
}

// What an election and a quorum take; not a moment.
template <class Ask>
auto patiently(Ask&& ask) {
  for (int tried = 0;; ++tried) {
    try {
      return ask();
    } catch (const Unreachable& why) {
      if (tried == 100) throw;
      BOOST_TEST_MESSAGE(why.what());
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

struct Node {
  explicit Node(const EtcdProcesses& etcd, std::chrono::seconds lease = short_lease)
      : engine(engine_at(etcd, lease)), log(Log::open(directory.path(), Access::write)) {}
  void lead(const std::string& name) {
    Term term = 0;
    while (term == 0) {
      term = patiently([&] { return engine->elect(name, "tcp://" + name); });
      if (term == 0) engine->wait(std::chrono::milliseconds(100));
    }
    follow();
    leadership.emplace(*engine, Member{name, "tcp://" + name}, term, log.frontier());
    own.emplace(log, [](const LocalCommits::Commit&) {});
  }
  void write(const FakeRecords& records) {
    std::vector<catlog::store::Bytes> bytes;
    for (const std::string& record : records) bytes.push_back(std::as_bytes(std::span(record)));
    own->hand_over(leadership->append(bytes));
    own->wait_for_all();
  }
  void follow() {
    patiently([&] { return join(*engine, log, IfEmpty::refuse), 0; });
    Following following(*engine, log);
    const auto tip = patiently([&] { return engine->tip(); });
    while (following.head() != tip->head) patiently([&] { return following.take(); });
  }

  std::unique_ptr<Engine> engine;
  TemporaryDirectory directory;
  Log log;
  std::optional<Leadership> leadership;
  std::optional<LocalCommits> own;
};

}  // namespace

BOOST_AUTO_TEST_CASE(etcd_is_an_engine) {
  const std::string program = etcd_program();
  if (program.empty()) return;
  EtcdProcesses etcd(program);
  const auto a = engine_at(etcd, long_lease), b = engine_at(etcd, long_lease);  // of which none is waited for
  patiently([&] { return a->tip(); });
  check_engine(*a, *b, [&] { a->resign(a->leader()->term); });
}

BOOST_AUTO_TEST_CASE(etcds_that_are_killed_cost_no_append) {
  const std::string program = etcd_program();
  if (program.empty()) return;
  EtcdProcesses etcd(program);
  Node a(etcd, long_lease), b(etcd);  // an etcd that elects answers nobody for a while
  patiently([&] { return join(*a.engine, a.log, IfEmpty::begin), 0; });
  a.lead("a");
  for (uint64_t round = 0; round < 3; ++round) {
    a.write({fake_record(10, round)});
    etcd.kill(round);
    for (uint64_t seed = 0; seed < 20; ++seed) a.write({fake_record(30, seed)});
    etcd.start(round);
    // Until it has caught up, a majority needs it.
    for (uint64_t seed = 0; seed < 20; ++seed) a.write({fake_record(30, seed)});
  }
  b.follow();
  BOOST_TEST((b.log.snapshot().tree_head() == a.log.snapshot().tree_head()));
  BOOST_TEST(b.log.head() == 3u * 41);
  BOOST_TEST(!a.leadership->is_lost());
}

BOOST_AUTO_TEST_CASE(a_ring_tells_how_far_the_log_goes) {
  const std::string program = etcd_program();
  if (program.empty()) return;
  EtcdProcesses etcd(program);
  Node a(etcd, long_lease), b(etcd);
  patiently([&] { return join(*a.engine, a.log, IfEmpty::begin), 0; });
  a.lead("a");
  const auto comes_true = [&](auto&& condition) {
    bool is_true = condition();
    for (int rings = 0; rings < 300 && !is_true; ++rings) {
      b.engine->wait(std::chrono::milliseconds(100));
      is_true = condition();
    }
    BOOST_TEST(is_true);
  };
  // A watch that begins rings too.
  const auto listens = [&] {
    bool has_rung = false;
    for (int waits = 0; waits < 300 && !has_rung; ++waits) has_rung = b.engine->wait(std::chrono::milliseconds(100));
    BOOST_TEST(has_rung);
  };
  // A ring is lost while there is no watch: when a slow etcd has made the engine pass on to another one. The next
  // write's is heard.
  size_t lost = 0;
  constexpr size_t most_lost = 5;
  const auto is_told = [&] {
    const auto head = a.log.head();
    const auto is_known = [&] { return b.engine->may_have(head) && !b.engine->may_have(head + 1); };
    for (int waits = 0; waits < 30 && !is_known(); ++waits) b.engine->wait(std::chrono::milliseconds(100));
    if (is_known()) return true;
    BOOST_TEST_REQUIRE(++lost <= most_lost);
    BOOST_TEST_MESSAGE("a ring was lost: " << lost);
    a.write({fake_record(10, 0)});
    return false;
  };
  listens();
  for (uint64_t position = 1; position <= 5; ++position) {
    a.write({fake_record(10, position)});
    comes_true(is_told);
    const auto head = a.log.head();
    comes_true([&] { return !patiently([&] { return b.engine->read_nearest(head, 1); }).empty(); });
  }
  b.follow();
  BOOST_TEST((b.log.snapshot().tree_head() == a.log.snapshot().tree_head()));
  // Who finds something each time listens to no ring, and hears again when he has waited.
  for (int found = 0; found < 20; ++found) BOOST_TEST(!patiently([&] { return b.engine->read_nearest(1, 1); }).empty());
  BOOST_TEST(b.engine->may_have(a.log.head() + 1));
  b.engine->wait(std::chrono::milliseconds(100));  // a pause, after which it listens
  listens();
  a.write({fake_record(10, 9)});
  comes_true(is_told);
  // Who leads is not told of what he writes himself.
  BOOST_TEST(a.engine->may_have(a.log.head() + 1));
}

BOOST_AUTO_TEST_CASE(an_etcd_that_comes_back_is_asked_again) {
  const std::string program = etcd_program();
  if (program.empty()) return;
  EtcdProcesses etcd(program);
  EtcdNodes nodes(etcd.endpoints(), {}, "/catlog/test/head");
  const auto& own = etcd.endpoints().front();
  const auto answering = [&] {
    std::string asked;
    const auto status = nodes.ask([&](EtcdNode& node, grpc::ClientContext& context) {
      asked = node.endpoint;
      etcdserverpb::RangeRequest request;
      request.set_key("/catlog/test/head");
      etcdserverpb::RangeResponse response;
      return node.kv->Range(&context, request, &response);
    });
    return status.ok() ? asked : "";
  };
  const auto comes_true = [&](auto&& condition) {
    bool is_true = condition();
    for (int tried = 0; tried < 600 && !is_true; ++tried) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      is_true = condition();
    }
    BOOST_TEST(is_true);
  };
  comes_true([&] { return answering() == own; });
  etcd.kill(0);
  comes_true([&] {
    const std::string another = answering();
    return !another.empty() && another != own;
  });
  etcd.start(0);
  comes_true([&] { return answering() == own; });
}

BOOST_AUTO_TEST_CASE(who_is_silent_for_the_time_of_a_lease_leads_no_more) {
  const std::string program = etcd_program();
  if (program.empty()) return;
  EtcdProcesses etcd(program);
  Node a(etcd), b(etcd, long_lease);
  patiently([&] { return join(*a.engine, a.log, IfEmpty::begin), 0; });
  // On a slow machine its lease may be over before it has written: then it leads again.
  for (int tried = 1; a.log.head() == 0; ++tried) {
    a.lead("a");  // and has what it wrote, in doubt
    try {
      if (a.log.head() == 0) a.write({fake_record(10, 1)});
    } catch (const LeadLost& why) {
      if (tried == 20) throw;
      BOOST_TEST_MESSAGE(why.what());
      patiently([&] { return a.engine->resign(a.leadership->term()), 0; });
    }
  }
  // As its process were gone, but for what it would still write: another engine has its lease no more.
  const Term term = a.leadership->term();
  Leadership former(*b.engine, Member{"a", "tcp://a"}, term, a.log.frontier());
  a.leadership.reset();
  a.engine.reset();
  b.lead("b");
  BOOST_TEST((b.engine->leader()->term > term));
  const FakeRecords records{fake_record(10, 2)};
  const std::vector<catlog::store::Bytes> bytes{std::as_bytes(std::span(records[0]))};
  BOOST_CHECK_THROW(former.append(bytes), LeadLost);
  BOOST_TEST(a.log.head() == 1u);
  b.write({fake_record(10, 3)});
}

#endif

BOOST_AUTO_TEST_SUITE_END()
