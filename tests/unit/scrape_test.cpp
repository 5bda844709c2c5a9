#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <fstream>
#include <map>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "bin/torrent/scrape/http_words.h"
#include "bin/torrent/scrape/lookup.h"
#include "bin/torrent/scrape/scraper.h"
#include "bin/torrent/scrape/udp_words.h"
#include "tests/support/torrents/torrents.h"
#include "tests/support/torrents/tracker.h"

BOOST_AUTO_TEST_SUITE(scrape_test)

using namespace catlog::scrape;
using catlog::tests::Tracker;
using Manner = catlog::tests::TrackerManner;
using std::chrono::milliseconds;

namespace {

constexpr int64_t begin_us = 1'700'000'000 * second_us;
constexpr Limits quick{.talk = {milliseconds(500), 4, milliseconds(6'000)}};

std::string hash_number(unsigned number) { return fmt::format("{:08x}{:032x}", number, number); }

std::string magnet(const std::string& hash, const std::vector<std::string>& trackers) {
  std::string link = "magnet:?xt=urn:btih:" + hash;
  for (const auto& tracker : trackers) link += "&tr=" + tracker;
  return link;
}

// One turn of the schedule, to its end.
std::map<std::string, Swarm> look(Scraper& scraper, int64_t wall_us = begin_us) {
  std::map<std::string, Swarm> seen;
  const auto late = Clock::now() + std::chrono::seconds(120);
  do {
    for (const auto& one : scraper.step({wall_us, Clock::now()})) seen[one.hash] = one.swarm;
    if (!scraper.is_idle()) scraper.wait(-1, milliseconds(100));
  } while (!scraper.is_idle() && Clock::now() < late);
  BOOST_TEST(scraper.is_idle());
  return seen;
}

std::map<std::string, Swarm> look_once(const std::vector<std::string>& trackers, const Limits& limits = quick) {
  Scraper scraper(Reach::loopback, limits);
  scraper.follow({{hash_number(1), magnet(hash_number(1), trackers)}});
  return look(scraper);
}

// Of this process, the tracker and all.
int64_t resident_kib() {
  std::ifstream statm("/proc/self/statm");
  int64_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) / 1'024;
}

bool may(const std::string& url, Reach reach) {
  const auto read = scrape_url(url);
  return read && may_ask(*read, reach);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_swarm_that_moves_is_looked_at_each_6_hours_and_a_still_one_each_72) {
  Plan plan = looked({}, Swarm{100, 10}, begin_us, 0);
  BOOST_TEST(plan.due_us == begin_us + 6 * hour_us);
  int64_t now = begin_us;
  for (int day = 0; day < 20; ++day) plan = looked(plan, Swarm{100, 10}, now = plan.due_us, 999);
  BOOST_TEST(plan.due_us == now + 72 * hour_us);
  BOOST_TEST(looked(plan, Swarm{100, 10}, now, 0).interval_us == 72 * hour_us);
  BOOST_TEST(looked(plan, Swarm{110, 10}, now, 0).interval_us == 72 * hour_us);
  BOOST_TEST(looked(plan, Swarm{150, 10}, now, 0).interval_us == 36 * hour_us);
  for (unsigned seeds = 200; seeds < 50'000; seeds *= 2) plan = looked(plan, Swarm{seeds, 10}, now, 7);
  BOOST_TEST(plan.interval_us == 6 * hour_us);
  BOOST_TEST(looked(plan, std::nullopt, now, 0).interval_us == 6 * hour_us);
  BOOST_TEST((looked(plan, std::nullopt, now, 0).seen == plan.seen));
  for (int64_t far : {now + 80 * hour_us, INT64_MAX / 2}) BOOST_TEST(is_due({.due_us = far}, now));
}

BOOST_AUTO_TEST_CASE(the_log_hears_of_a_swarm_that_moved_or_was_seen_long_ago) {
  const auto worth = [](Swarm told, Swarm seen, int64_t later) {
    return is_worth_telling({.seen = seen, .told = told, .told_us = begin_us}, begin_us + later);
  };
  BOOST_TEST(is_worth_telling({}, begin_us));
  BOOST_TEST(!worth({100, 10}, {105, 90}, hour_us));
  BOOST_TEST(worth({100, 10}, {110, 10}, hour_us));
  BOOST_TEST(!worth({3, 0}, {2, 0}, hour_us));
  BOOST_TEST(worth({1, 0}, {0, 0}, hour_us));
  BOOST_TEST(worth({0, 1}, {1, 1}, hour_us));
  BOOST_TEST(worth({100, 10}, {100, 10}, 49 * hour_us));
  BOOST_TEST(!worth({0, 0}, {0, 0}, 900 * hour_us));  // nobody was seen
}

BOOST_AUTO_TEST_CASE(five_thousand_sources_that_all_move_are_at_most_20000_events_in_any_24_hours) {
  for (const unsigned sources : {5'000u, 20'000u}) {
    std::vector<Plan> plans(sources);
    Budget budget;
    std::vector<uint64_t> told(4 * 24 * 6);  // each ten minutes
    std::mt19937 random(1);
    for (size_t step = 0; step < told.size(); ++step) {
      const int64_t now = begin_us + static_cast<int64_t>(step) * 600 * second_us;
      for (Plan& plan : plans) {
        if (!is_due(plan, now)) continue;
        plan = looked(plan, Swarm{static_cast<uint32_t>(random() % 10'000 + 1), 5}, now, random());
        if (!is_worth_telling(plan, now) || !budget.take(now)) continue;
        plan.told = plan.seen;
        plan.told_us = now;
        ++told[step];
      }
    }
    for (size_t from = 0; from + 144 <= told.size(); ++from) {
      uint64_t day = 0;
      for (size_t at = from; at < from + 144; ++at) day += told[at];
      BOOST_REQUIRE_LE(day, 20'000u);
    }
    BOOST_TEST(told[0] == 5'000u);
  }
}

BOOST_AUTO_TEST_CASE(a_trackers_url_is_taken_to_pieces_and_nothing_else_is) {
  const auto url = scrape_url("http://Tracker.example:81/x/announce.php?key=1");
  BOOST_REQUIRE(url);
  BOOST_TEST(url->host == "tracker.example");
  BOOST_TEST(url->port == 81);
  BOOST_TEST(url->path == "/x/scrape.php?key=1");
  BOOST_TEST(scrape_url("udp://[::1]:80/announce")->host == "::1");
  BOOST_TEST(scrape_url("udp://a.example:6969")->port == 6969);
  for (const char* bad : {"", "udp://", "udp://a.example", "udp://a.example:0", "udp://a.example:65536",
                          "udp://a.example:1x", "https://a/announce", "http://a/", "http://a/x", "http://a/announce/x",
                          "http://u:p@a/announce", "http://a b/announce", "http://a/announce\r\nX: y",
                          "http://a/x y/announce", "http://[::1/announce", "wss://a/announce", "http:///announce"})
    BOOST_TEST(!scrape_url(bad), bad);
  const auto all = trackers_of(
      "magnet:?xt=urn:btih:0&tr=udp%3A%2F%2Fa.example%3A1%2Fannounce&tr.2=http://b/announce&tr=%zz&x=1&tr=http://b/"
      "announce");
  BOOST_TEST(all.size() == 2u);
  std::string many = "magnet:?";
  for (int number = 1; number < 100; ++number) many += fmt::format("&tr=udp://a:{}", number);
  BOOST_TEST(trackers_of(many).size() == max_trackers_of_source);
}

BOOST_AUTO_TEST_CASE(on_loopback_only_this_machine_is_asked_and_outside_only_the_public_network) {
  for (const char* near :
       {"udp://127.0.0.1:1/announce", "udp://localhost:1", "udp://[::1]:1", "http://127.9.9.9/announce"}) {
    BOOST_TEST(may(near, Reach::loopback), near);
    if (!std::string_view(near).starts_with("udp://localhost")) BOOST_TEST(!may(near, Reach::outside), near);
  }
  for (const char* far : {"udp://tracker.example:6969", "udp://8.8.8.8:6969", "http://tracker.example/announce",
                          "udp://[2a00::1]:1337"}) {
    BOOST_TEST(!may(far, Reach::loopback), far);
    BOOST_TEST(may(far, Reach::outside), far);
  }
  // What a service of this machine might do something for.
  BOOST_TEST(!may("http://127.0.0.1/delete/announce", Reach::loopback));
  BOOST_TEST(!may("http://127.0.0.1/announce?x=1", Reach::loopback));
  for (const char* inside :
       {"udp://10.0.0.1:6969", "udp://192.168.1.1:6969", "udp://172.31.0.1:6969", "udp://169.254.169.254:6969",
        "udp://100.64.0.1:6969", "udp://0.0.0.0:6969", "udp://224.0.0.1:6969", "udp://255.255.255.255:6969",
        "udp://[fe80::1]:6969", "udp://[fc00::1]:6969", "udp://[::ffff:10.0.0.1]:6969", "udp://[2002:a00:1::]:6969",
        "udp://[64:ff9b::a00:1]:6969", "udp://[::]:6969", "udp://[ff02::1]:6969", "udp://8.8.8.8:53",
        "http://8.8.8.8:22/announce"}) {
    BOOST_TEST(!may(inside, Reach::outside), inside);
    BOOST_TEST(!may(inside, Reach::loopback), inside);
  }
}

BOOST_AUTO_TEST_CASE(names_that_lead_inside_are_not_followed) {
  // Names are looked up where the outside is allowed; what this machine is called is no address of the outside.
  char own_name[256] = {};
  ::gethostname(own_name, sizeof own_name - 1);
  bool is_known = false;
  for (const std::string name : {"localhost.", static_cast<const char*>(own_name)}) {
    const Lookup lookup(name);
    BOOST_TEST_REQUIRE(catlog::tests::comes_true([&] { return lookup.addresses().has_value(); }));
    is_known = is_known || !lookup.addresses()->empty();
    Scraper scraper(Reach::outside, quick);
    Tracker tracker;
    tracker.set(hash_number(1), {5, 5});
    const std::string port = tracker.udp().substr(std::string("udp://127.0.0.1:").size());
    scraper.follow({{hash_number(1), magnet(hash_number(1), {"udp://" + name + ":" + port})}});
    BOOST_TEST(look(scraper).empty());
    BOOST_TEST(tracker.counts().connects == 0u);
  }
  if (!is_known) BOOST_TEST_MESSAGE("not tried: this machine knows neither localhost nor itself by name");
}

BOOST_AUTO_TEST_CASE(five_thousand_sources_are_looked_at_by_74_a_datagram) {
  Tracker tracker;
  std::map<std::string, std::string> magnets;
  for (unsigned number = 1; number <= 5'000; ++number) {
    tracker.set(hash_number(number), {number, 1});
    magnets[hash_number(number)] = magnet(hash_number(number), {tracker.udp()});
  }
  const int64_t before = resident_kib();
  Scraper scraper(Reach::loopback);
  scraper.follow(magnets);
  const auto seen = look(scraper);
  const int64_t grown = resident_kib() - before;
  BOOST_TEST(grown < 30 * 1'024);
  BOOST_TEST(seen.size() == 5'000u);
  for (const auto& [hash, swarm] : seen) BOOST_REQUIRE_EQUAL(hash_number(swarm.seeds), hash);
  BOOST_TEST(tracker.counts().largest_scrape == hashes_a_datagram);
  BOOST_TEST(tracker.counts().scrapes <= 70u);
  BOOST_TEST(tracker.counts().connects <= 3u);
  BOOST_TEST(look(scraper, begin_us + 5 * hour_us).empty());  // none is due
  BOOST_TEST(tracker.counts().scrapes <= 70u);
}

BOOST_AUTO_TEST_CASE(over_http_many_are_asked_for_in_one_request) {
  Tracker tracker;
  std::map<std::string, std::string> magnets;
  for (unsigned number = 1; number <= 300; ++number) {
    tracker.set(hash_number(number), {number, 2});
    magnets[hash_number(number)] = magnet(hash_number(number), {tracker.http()});
  }
  Scraper scraper(Reach::loopback);
  scraper.follow(magnets);
  BOOST_TEST(look(scraper).size() == 300u);
  BOOST_TEST(tracker.counts().http_scrapes == 5u);
  BOOST_TEST(tracker.counts().largest_scrape == hashes_a_request);
}

BOOST_AUTO_TEST_CASE(what_is_no_right_answer_tells_nothing_and_another_tracker_is_asked) {
  constexpr Manner manners[] = {Manner::truncated, Manner::huge, Manner::foreign, Manner::silent, Manner::refusing};
  Tracker good, bad[std::size(manners)];
  std::map<std::string, std::string> magnets;
  std::map<std::string, uint32_t> right;  // seeds
  unsigned number = 0;
  for (size_t at = 0; at < std::size(manners); ++at) {
    bad[at].behave(manners[at]);
    for (const auto& url : {bad[at].udp(), bad[at].http()})
      for (const bool is_alone : {true, false}) {
        const std::string hash = hash_number(++number);
        bad[at].set(hash, {7, 7});
        good.set(hash, {3, 4});
        magnets[hash] = magnet(hash, is_alone ? std::vector{url} : std::vector{url, good.udp()});
        if (manners[at] == Manner::huge && url.starts_with("udp"))
          right[hash] = 7;  // what is behind the answer is left alone
        else if (!is_alone)
          right[hash] = 3;
      }
  }
  Scraper scraper(Reach::loopback, quick);
  scraper.follow(magnets);
  const auto seen = look(scraper);
  for (const auto& [hash, link] : magnets) {
    BOOST_TEST(seen.contains(hash) == right.contains(hash), link);
    if (seen.contains(hash)) BOOST_TEST(seen.at(hash).seeds == right[hash], link);
  }
}

BOOST_AUTO_TEST_CASE(a_late_answer_is_waited_for_and_asked_for_again) {
  Tracker tracker;
  tracker.set(hash_number(1), {3, 4});
  tracker.behave(Manner::late);
  BOOST_TEST(look_once({tracker.http()}).size() == 1u);
  BOOST_TEST(look_once({tracker.udp()}, {.talk = {milliseconds(200), 6, milliseconds(700)}}).size() == 1u);
  BOOST_TEST(tracker.counts().connects > 1u);
}

BOOST_AUTO_TEST_CASE(nobody_is_told_only_when_no_tracker_sees_anybody) {
  Tracker empty, full;
  full.set(hash_number(1), {1, 0});
  BOOST_TEST((look_once({empty.udp(), full.http()}).at(hash_number(1)) == Swarm{1, 0}));
  BOOST_TEST((look_once({empty.udp(), empty.http()}).at(hash_number(1)) == Swarm{0, 0}));
}

BOOST_AUTO_TEST_CASE(a_tracker_that_failed_rests_and_plans_outlive_the_process) {
  Tracker tracker;
  tracker.set(hash_number(1), {3, 4});
  const std::map<std::string, std::string> magnets{{hash_number(1), magnet(hash_number(1), {tracker.udp()})}};
  Scraper scraper(Reach::loopback, quick);
  scraper.follow(magnets);
  BOOST_TEST(look(scraper).size() == 1u);
  tracker.behave(Manner::refusing);
  BOOST_TEST(look(scraper, begin_us + 7 * hour_us).empty());
  tracker.behave(Manner::right);
  const auto connects = tracker.counts().connects;
  BOOST_TEST(look(scraper, begin_us + 60 * hour_us).empty());
  BOOST_TEST(tracker.counts().connects == connects);
  Scraper other(Reach::loopback, quick);
  other.read("no line\n" + scraper.text() + hash_number(2) + " 1 2\n");
  other.follow(magnets);
  BOOST_TEST(other.text() == scraper.text());
  BOOST_TEST(look(other, begin_us + 61 * hour_us).empty());
  BOOST_TEST(look(other, begin_us + 140 * hour_us).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_seen_counts_as_told_only_once_the_log_has_it) {
  Tracker tracker;
  tracker.set(hash_number(1), {3, 4});
  Counters counters;
  Scraper scraper(Reach::loopback, quick, &counters);
  scraper.follow({{hash_number(1), magnet(hash_number(1), {tracker.udp()})}});
  BOOST_TEST(look(scraper).size() == 1u);
  // It never came to the log: though nothing has moved, it is told at the next look.
  BOOST_TEST(look(scraper, begin_us + 12 * hour_us).size() == 1u);
  scraper.told({hash_number(1), {3, 4}}, begin_us + 12 * hour_us);
  BOOST_TEST(look(scraper, begin_us + 24 * hour_us).empty());
  BOOST_TEST(counters.answered.read() == 3u);
  tracker.behave(Manner::refusing);
  BOOST_TEST(look(scraper, begin_us + 60 * hour_us).empty());
  BOOST_TEST(counters.unanswered.read() == 1u);
  BOOST_TEST(counters.failed_talks.read() == 1u);
}

BOOST_AUTO_TEST_CASE(plans_that_were_read_are_kept_until_all_sources_are_known) {
  Scraper scraper(Reach::loopback, quick);
  std::string text;
  for (const unsigned number : {1u, 2u})
    text += fmt::format("{} {} {} 3 4 5 6 {}\n", hash_number(number), begin_us, 10 * hour_us, begin_us - hour_us);
  scraper.read(text);
  BOOST_TEST(scraper.text() == text);
  scraper.follow({{hash_number(2), magnet(hash_number(2), {})}});
  BOOST_TEST(scraper.text() == text.substr(text.find('\n') + 1));
}

BOOST_AUTO_TEST_CASE(any_bytes_are_read_as_something_or_nothing) {
  std::mt19937 random(7);
  const std::string http =
      "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nd5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei3e10:incompletei4eeee";
  BOOST_TEST(read_scraped(http.substr(http.find("d5:")))->at(0).second.seeds == 3u);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = http;
    for (int change = 0; change < 4; ++change) bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % (bytes.size() + 1));
    const auto answer = read_http(bytes, round % 2 ? End::closed : End::open);
    if (answer.state == HttpAnswer::State::whole) read_scraped(answer.body);
    read_scraped(bytes.substr(std::min(bytes.size(), http.find("d5:"))));
    if (const auto datagram = read_datagram(bytes)) BOOST_REQUIRE_LE(datagram->swarms.size(), hashes_a_datagram);
  }
  BOOST_TEST(!read_scraped(std::string(60'000, 'l')));
  BOOST_CHECK(read_http("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", End::open).state ==
              HttpAnswer::State::bad);
  BOOST_CHECK(
      read_http("HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", End::open).state ==
      HttpAnswer::State::bad);
}

BOOST_AUTO_TEST_SUITE_END()
