#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "bin/daemon/pages.h"
#include "bin/service/metrics.h"
#include "bin/service/pulse.h"
#include "bin/service/service_manager.h"
#include "events/patience.h"
#include "tests/support/notify_socket.h"
#include "tests/support/run.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(watch_test)

using namespace catlog;
using namespace catlog::tests;
using events::Heartbeat;
using namespace std::chrono_literals;

namespace {

Pulse::State state_of(const Pulse& pulse, Pulse::Clock::time_point now) { return pulse.look(now).at(0).state; }

http::Response ask(Pages& pages, const std::string& path) { return pages.answer({http::Method::get, path, ""}); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_loop_that_does_not_beat_stands_unless_it_may_take_long) {
  Heartbeat heartbeat;
  Pulse pulse;
  pulse.add("loop", heartbeat);
  const auto begun = Heartbeat::Clock::now();
  BOOST_CHECK(state_of(pulse, begun + 1h) == Pulse::State::not_begun);
  heartbeat.beat(begun);
  BOOST_CHECK(state_of(pulse, begun + longest_round) == Pulse::State::goes_round);
  BOOST_CHECK(state_of(pulse, begun + longest_round + 1s) == Pulse::State::stands);
  {
    const Heartbeat::LongStep step(heartbeat, 10min, begun);
    BOOST_CHECK(state_of(pulse, begun + 9min) == Pulse::State::in_long_step);
    BOOST_CHECK(state_of(pulse, begun + 11min) == Pulse::State::stands);
    {
      const Heartbeat::LongStep within(heartbeat, 1min, begun);
      BOOST_CHECK(state_of(pulse, begun + 9min) == Pulse::State::in_long_step);
    }
    BOOST_CHECK(state_of(pulse, begun + 9min) == Pulse::State::in_long_step);
  }
  BOOST_CHECK(state_of(pulse, Heartbeat::Clock::now() + 9min) == Pulse::State::stands);
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed_when_every_loop_has_gone_round_since) {
  Heartbeat one, two;
  Pulse pulse;
  pulse.add("one", one);
  pulse.add("two", two);
  Feeding feeding(pulse, 100s);
  auto now = Heartbeat::Clock::now();
  one.beat(now);
  BOOST_TEST(!feeding.is_due(now));  // the other has not begun
  two.beat(now);
  BOOST_TEST(feeding.is_due(now));
  one.beat(now), two.beat(now);
  BOOST_TEST(!feeding.is_due(now + 24s));  // it is not time yet
  BOOST_TEST(feeding.is_due(now += 25s));
  one.beat(now);
  BOOST_TEST(!feeding.is_due(now += 25s));
  BOOST_TEST(!feeding.is_due(now += 25s));
  two.beat(now);
  BOOST_TEST(feeding.is_due(now += 1s));
  const Heartbeat::LongStep step(two, 10min, now);
  for (int times = 0; times < 20; ++times) {
    one.beat(now);
    BOOST_TEST(feeding.is_due(now += 25s));
  }
  one.beat(now);
  now += 5min;  // longer than it said
  BOOST_TEST(!feeding.is_due(now));
}

BOOST_AUTO_TEST_CASE(histograms_count_what_is_at_most_each_bound) {
  events::Histogram histogram(events::count_bounds);
  for (const double value : {0.0, 1.0, 2.0, 3.0, 1e9}) histogram.observe(value);
  const auto reading = histogram.read();
  BOOST_TEST(reading.count == 5u);
  BOOST_TEST(reading.sum == 1e9 + 6);
  BOOST_TEST(reading.at_most.size() == std::size(events::count_bounds));
  BOOST_TEST(reading.at_most[0] == 2u);
  BOOST_TEST(reading.at_most[1] == 3u);
  BOOST_TEST(reading.at_most.back() == 4u);
  static_assert(std::size(events::count_bounds) <= events::Histogram::max_bounds);
  static_assert(std::size(events::duration_bounds) <= events::Histogram::max_bounds);
}

BOOST_AUTO_TEST_CASE(metrics_are_text_as_prometheus_reads_it) {
  Metrics metrics;
  events::Histogram histogram(events::count_bounds);
  histogram.observe(3);
  metrics.add([&](Families& families) {
    families.counter("catlog_things_total", "Things.", 5, {{"kind", "a\"\\\nb"}});
    families.counter("catlog_things_total", "Things.", 6, {{"kind", "c"}});
  });
  metrics.add([&](Families& families) { families.histogram("catlog_size", "Sizes.", histogram); });
  const std::string text = metrics.text();
  BOOST_TEST_INFO(text);
  BOOST_TEST(has(text, "# HELP catlog_things_total Things.\n# TYPE catlog_things_total counter\n"));
  BOOST_TEST(has(text, R"(catlog_things_total{kind="a\"\\\nb"} 5)"));
  BOOST_TEST(has(text, R"(catlog_things_total{kind="c"} 6)"));
  BOOST_TEST(has(text, "catlog_size_bucket{le=\"2\"} 0\n"));
  BOOST_TEST(has(text, "catlog_size_bucket{le=\"4\"} 1\n"));
  BOOST_TEST(has(text, "catlog_size_bucket{le=\"+Inf\"} 1\n"));
}

BOOST_AUTO_TEST_CASE(health_and_ready_say_what_is_wrong) {
  Metrics metrics;
  Pulse pulse;
  Heartbeat goes, stands;
  goes.beat();
  stands.beat(Heartbeat::Clock::now() - 1h);
  pulse.add("goes", goes);
  std::vector<std::string> unready;
  Pages pages(metrics, pulse, [&] { return unready; });
  BOOST_TEST(ask(pages, "/health").status == 200u);
  pulse.add("stands", stands);
  const auto ill = ask(pages, "/health");
  BOOST_TEST(ill.status == 503u);
  BOOST_TEST(has(ill.body, R"("stands":{"state":"stands","ageSeconds":3600)"), ill.body);
  BOOST_TEST(ask(pages, "/ready").status == 200u);
  unready = {"it \"lags\""};
  const auto not_ready = ask(pages, "/ready");
  BOOST_TEST(not_ready.status == 503u);
  BOOST_TEST(not_ready.body == "{\"ready\":false,\"because\":[\"it \\\"lags\\\"\"]}\n");
  BOOST_TEST(ask(pages, "/metrics/").status == 404u);
}

BOOST_AUTO_TEST_CASE(systemd_is_told_by_a_path_and_by_an_abstract_name) {
  const TemporaryDirectory folder;
  for (const std::string& name : {(folder / "notify").string(), "@catlog-test-" + folder.path().filename().string()}) {
    const NotifySocket systemd(name);
    ServiceManager manager(name, 30s);
    BOOST_TEST((manager.watchdog() == 30s));
    manager.ready();
    BOOST_TEST(systemd.hear() == "READY=1\n");
    manager.status("all\nis well");
    BOOST_TEST(systemd.hear() == "STATUS=all is well\n");
    manager.status("all\nis well");
    manager.feed();
    BOOST_TEST(systemd.hear() == "WATCHDOG=1\n");
    manager.stopping();
    BOOST_TEST(systemd.hear() == "STOPPING=1\nSTATUS=stopping\n");
  }
}

BOOST_AUTO_TEST_CASE(nobody_who_is_not_told_and_nobody_who_does_not_listen_is_waited_for) {
  ServiceManager nobody("", 30s);
  nobody.ready();
  BOOST_TEST(!nobody.watchdog());
  const TemporaryDirectory folder;
  ServiceManager gone((folder / "gone").string(), 30s);
  gone.ready();
  for (const std::string& name : {std::string("relative"), "/" + std::string(200, 'x')})
    BOOST_TEST(!ServiceManager(name, 30s).watchdog());
  // One that hears nothing for a while: what did not fit comes when it does.
  const NotifySocket systemd((folder / "full").string());
  ServiceManager manager((folder / "full").string(), {});
  for (int times = 0; times < 10'000; ++times) manager.feed();
  manager.ready();
  std::string heard;
  for (int times = 0; times < 10'000 && heard != "READY=1\n"; ++times) {
    heard = systemd.hear();
    manager.keep_up();
  }
  BOOST_TEST(heard == "READY=1\n");
}

BOOST_AUTO_TEST_CASE(a_loop_that_finds_nothing_looks_ever_less_often) {
  events::Recheck recheck(50ms);
  for (const auto expected : {50ms, 100ms, 200ms, 400ms, 800ms, 1'000ms, 1'000ms})
    BOOST_TEST((recheck.next() == expected));
  recheck.found();
  BOOST_TEST((recheck.next() == 50ms));
}

BOOST_AUTO_TEST_SUITE_END()
