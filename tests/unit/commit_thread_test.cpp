#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <poll.h>

#include "commandhandler/commit_thread.h"
#include "commandhandler/handler.h"
#include "events/bus/pack_frame.h"
#include "store/engine/follow.h"
#include "store/engine/leadership.h"
#include "tests/support/bus_peers.h"
#include "tests/support/command_lines.h"
#include "tests/support/memory_engine.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(commit_thread_test)

// Commits in a thread of their own, and what is judged meanwhile.

using namespace catlog;
using namespace catlog::tests;
using commandhandler::CommitThread;

namespace {

bool can_be_read(int fd, std::chrono::milliseconds within) {
  pollfd item{fd, POLLIN, 0};
  return ::poll(&item, 1, static_cast<int>(within.count())) == 1;
}

// A cluster's engine that takes a batch only when it is let.
class Holding : public MemoryEngine {
 public:
  store::engine::Outcome append(const store::engine::Batch& batch) override {
    {
      std::unique_lock lock(mutex_);
      ++came_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return came_ <= let_; });
    }
    return MemoryEngine::append(batch);
  }
  bool wait_for(size_t batches) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, long_enough, [&] { return came_ >= batches; });
  }
  void let(size_t batches) {
    const std::lock_guard lock(mutex_);
    let_ = batches;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t came_ = 0, let_ = 0;
};

// Else a test that fails would wait for ever.
struct LetAll {
  Holding& engine;
  ~LetAll() { engine.let(SIZE_MAX); }
};

void send_pack(zmq::socket_t& peer, const std::string& tag, size_t from, size_t count) {
  std::string bodies;
  std::vector<uint32_t> lengths;
  for (size_t number = from; number < from + count; ++number) {
    const auto body = wide_put_movie(number);
    bodies += body;
    lengths.push_back(static_cast<uint32_t>(body.size()));
  }
  send(peer, {tag, "j", bodies, "", events::write_pack_frame(lengths)});
}

}  // namespace

BOOST_AUTO_TEST_CASE(work_is_done_beside_and_what_it_throws_is_thrown_where_it_is_waited_for) {
  CommitThread commits;
  const auto here = std::this_thread::get_id();
  for (int time = 0; time < 3; ++time) {
    std::thread::id there;
    commits.start([&there] { there = std::this_thread::get_id(); });
    BOOST_TEST(can_be_read(commits.fd(), long_enough));
    BOOST_TEST(commits.has_ended());
    commits.wait();
    BOOST_TEST(!can_be_read(commits.fd(), std::chrono::milliseconds(0)));
    BOOST_TEST((there != here));
    commits.start([] { throw std::runtime_error("it failed"); });
    BOOST_CHECK_EXCEPTION(commits.wait(), std::runtime_error,
                          [](const auto& failed) { return failed.what() == std::string("it failed"); });
  }
}

BOOST_AUTO_TEST_CASE(what_was_begun_is_ended_before_the_thread_goes) {
  bool is_done = false;
  {
    CommitThread commits;
    commits.start([&is_done] { is_done = true; });
  }
  BOOST_TEST(is_done);
}

BOOST_AUTO_TEST_CASE(commands_are_judged_while_others_are_made_durable_and_answered_when_they_are_themselves) {
  const TemporaryDirectory directory;
  const commandhandler::HandlerOptions options{directory.path(), 0};
  auto log = store::Log::open(directory / "log", store::Access::write);
  auto states = store::StateStore::open(directory / "state", log.id(), store::Access::write);
  Holding engine;
  store::engine::join(engine, log, store::engine::IfEmpty::begin);
  const auto term = engine.elect("a", "tcp://a");
  store::engine::Leadership leadership(engine, {.node = "a", .endpoint = "tcp://a"}, term, log.snapshot().tree_head());
  std::filesystem::create_directories(options.data_directory.run());
  zmq::context_t context;
  auto front = std::make_shared<commandhandler::Front>(context, options);
  commandhandler::Handler handler(log, states, context, options, commandhandler::Handler::Lead{front, leadership});
  Running running(handler);
  const LetAll at_end{engine};
  auto peer = events::connect_socket(context, zmq::socket_type::dealer,
                                     events::endpoint_in(options.data_directory, "commands.ipc"));
  const auto batches = [&handler] { return handler.counters().batch_commands.read().count; };
  constexpr std::chrono::milliseconds at_once{0};

  send_pack(peer, "first", 1, 20);
  BOOST_TEST_REQUIRE(engine.wait_for(1));
  send_pack(peer, "second", 101, 20);
  for (const auto until = std::chrono::steady_clock::now() + long_enough;
       batches() < 2 && std::chrono::steady_clock::now() < until;)
    std::this_thread::yield();
  BOOST_TEST(batches() == 2u);
  BOOST_TEST(log.head() == 0u);
  BOOST_TEST(receive(peer, at_once).empty());

  engine.let(1);
  const auto first = receive(peer);
  BOOST_TEST_REQUIRE(!first.empty());
  BOOST_TEST(first.front() == "first");
  BOOST_TEST_REQUIRE(engine.wait_for(2));
  const auto half = log.head();
  BOOST_TEST(half >= 20u);
  BOOST_TEST(receive(peer, at_once).empty());

  engine.let(2);
  const auto second = receive(peer);
  BOOST_TEST_REQUIRE(!second.empty());
  BOOST_TEST(second.front() == "second");
  BOOST_TEST(log.head() == 2 * half);
  running.stop();
}

BOOST_AUTO_TEST_SUITE_END()
