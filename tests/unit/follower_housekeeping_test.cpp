#include <boost/test/unit_test.hpp>

#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <utility>

#include <zmq.hpp>

#include "bin/housekeeping/sweeps.h"
#include "events/bus/router.h"
#include "events/bus/sockets.h"
#include "events/codec/receipt.h"
#include "events/schema/vocabulary.h"
#include "tests/support/bus_peers.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(follower_housekeeping_test)

using namespace catlog::housekeeping;
using namespace catlog::tests;
namespace events = catlog::events;
using events::Receipt;

namespace {

// As a node of a cluster answers that does not write.
struct Elsewhere : Commands {
  Answer send(std::string_view) override {
    ++sent;
    return {Verdict::elsewhere, 0, {}};
  }
  std::string clock_fault() override { return {}; }
  int sent = 0;
};

// A node's intake, which answers in turn with these; the last one for ever.
struct Intake {
  explicit Intake(std::deque<Receipt> given) : receipts(std::move(given)) {}
  void run(events::Stop& stop) {
    while (!stop.is_set()) {
      events::wait_for_any(stop, {&intake.socket()}, long_enough);
      while (auto request = intake.receive()) {
        ++asked;
        intake.reply(*request, events::Encoding::json, {}, encode(receipts.front(), events::Encoding::json));
        if (receipts.size() > 1) receipts.pop_front();
      }
    }
  }

  TemporaryDirectory folder;
  std::string endpoint = "ipc://" + (folder / "commands.ipc").string();
  zmq::context_t context;
  events::Router intake{context, endpoint, {.unanswered = 16, .queued = 64, .sessions = events::SessionFrames::taken}};
  std::deque<Receipt> receipts;
  std::atomic<int> asked = 0;
};

Receipt not_leader(std::string leader) {
  events::Refusal refusal{events::schema::RefusalCode::NOT_LEADER, "", "somebody else leads, or nobody"};
  refusal.leader = std::move(leader);
  return Receipt::refused("", refusal);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_nobody_leads_for_is_asked_again_until_somebody_does) {
  struct {
    Receipt then;
    Verdict verdict;
  } const cases[] = {{Receipt::of("", {}), Verdict::unchanged},
                     {not_leader("tcp://127.0.0.1:7601"), Verdict::elsewhere}};
  for (const auto& [then, verdict] : cases) {
    Intake intake({not_leader(""), not_leader(""), then});
    Running running(intake);
    const events::Stop stop;
    BusCommands commands(intake.endpoint, events::DataDirectory(intake.folder.path()), stop);
    const Answer answer = commands.send(command_of("expire-tokens", R"({"expireRefreshTokens":{}})"));
    BOOST_TEST((answer.verdict == verdict), answer.words);
    BOOST_TEST(intake.asked == 3);
  }
}

BOOST_AUTO_TEST_CASE(what_is_asked_while_nobody_leads_ends_with_the_daemon) {
  Intake intake({not_leader("")});
  Running running(intake);
  events::Stop stop;
  BusCommands commands(intake.endpoint, events::DataDirectory(intake.folder.path()), stop);
  std::atomic<bool> has_answered = false;
  std::thread stopping([&] {
    while (intake.asked < 2 && !has_answered) std::this_thread::yield();
    stop.set();
  });
  const Answer answer = commands.send(command_of("expire-tokens", R"({"expireRefreshTokens":{}})"));
  has_answered = true;
  stopping.join();
  BOOST_TEST((answer.verdict == Verdict::stopped));
}

BOOST_AUTO_TEST_CASE(what_another_machine_does_is_done_at_once_and_said) {
  Elsewhere commands;
  ExpireTokens tokens(commands);
  PurgeAudit audit(commands, {{"INFO", 30}, {"WARNING", 90}});
  for (Task* task : {static_cast<Task*>(&tokens), static_cast<Task*>(&audit)}) {
    commands.sent = 0;
    const auto outcome = task->run(0);
    BOOST_TEST((outcome.end == End::done));
    BOOST_TEST(outcome.words.starts_with("this machine does not write"), outcome.words);
    BOOST_TEST(commands.sent == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
