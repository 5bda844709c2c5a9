#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <sys/stat.h>

#include "events/position.h"
#include "projector/groups/group_file.h"
#include "tests/support/bus_peers.h"
#include "tests/support/chance.h"
#include "tests/support/data_directory.h"
#include "tests/support/group_member.h"
#include "tests/support/small_disk.h"

BOOST_AUTO_TEST_SUITE(groups_test)

using namespace catlog;
using namespace catlog::tests;
using events::Position;
using Got = HandedOut;
using Member = GroupMember;
namespace fs = std::filesystem;

namespace {

std::vector<Position> positions(const std::vector<Got>& all) {
  std::vector<Position> found;
  for (const Got& got : all) found.push_back(got.position);
  return found;
}

// Genres 1 to `streams`, each described so many times anew, in turns.
std::string genres(int streams, int times, const std::string& word = "Name") {
  std::string lines;
  for (int time = 0; time < times; ++time)
    for (int genre = 1; genre <= streams; ++genre)
      lines += fmt::format(R"({{"putGenre":{{"tmdbId":{},"name":"{} {}"}}}}{})", genre, word, time, "\n");
  return lines;
}

Row group_in_status(const DataDirectory& data) {
  const std::string groups = read_row(data.out_of({"status", "--json"})).at("groups");
  return read_row(groups.substr(1, groups.size() - 2));
}

struct WithDaemon {
  DataDirectory data{CATLOG_BIN};
  std::optional<Daemon> daemon;
  zmq::context_t context;

  WithDaemon() { start(); }
  Member member(const std::string& name, const std::string& group = "index") { return {context, data, group, name}; }
  void start() { daemon.emplace(fs::path(CATLOG_BIN) / "catlogd", data.path()); }
  void restart() {
    daemon->kill();
    start();
  }
  fs::path file() const { return data / "groups/index.json"; }
};

// What members together were handed, and had acknowledged, while the daemon is killed again and again.
class Shared {
 public:
  void handed_out(const Got& got) {
    const std::lock_guard lock(mutex_);
    if (acknowledged_.contains(got.position)) faults_.push_back(fmt::format("{} again", got.position));
    if (got.number > 1) return;  // it may come behind later ones of its stream
    auto& latest = latest_[got.topic];
    if (got.position < latest) faults_.push_back(fmt::format("{} behind {}", got.position, latest));
    latest = got.position;
  }
  void acknowledged(const Got& got) {
    const std::lock_guard lock(mutex_);
    acknowledged_.insert(got.position);
  }
  std::vector<std::string> faults() const { return faults_; }
  size_t acknowledged() const { return acknowledged_.size(); }

 private:
  std::mutex mutex_;
  std::set<Position> acknowledged_;
  std::map<std::string, Position> latest_;
  std::vector<std::string> faults_;
};

// A member that asks again, over a new connection, whatever is not answered; until `stop`.
void deal_with_all(const DataDirectory& data, const std::string& name, Shared& shared, const std::atomic<bool>& stop) {
  constexpr std::chrono::milliseconds patience{500};
  zmq::context_t context;
  while (!stop) {
    Member member(context, data, "index", name);
    for (bool is_answered = true; is_answered && !stop;) {
      const auto work = member.attempt("fetch", R"("limit":7,"waitMs":100)", patience);
      is_answered = !work.empty();
      if (!is_answered) break;
      for (const Got& got : Member::read(work)) {
        shared.handed_out(got);
        const auto done = member.attempt("ack", R"("deliveries":)" + Member::list({got}), patience);
        is_answered = !done.empty();
        if (!is_answered) break;
        if (done[0] == R"({"done":{}})") shared.acknowledged(got);
      }
    }
  }
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_member_goes_on_where_it_was_whoever_is_killed, WithDaemon) {
  data.out_of({"send"}, genres(5, 1));
  auto one = member("one");
  BOOST_TEST(one.refused("fetch") == "\"notFound\"");
  one.join();
  const auto first = one.fetch(R"("limit":3)");
  BOOST_TEST((first == std::vector<Got>{{1, 1, "json/genres/1/"}, {2, 1, "json/genres/2/"}, {3, 1, "json/genres/3/"}}));
  BOOST_TEST(one.acknowledge({first[0], first[1]}));
  restart();
  auto again = member("one");
  BOOST_TEST(again.acknowledge({first[2]}));   // it held it all the while
  BOOST_TEST(!again.acknowledge({first[2]}));  // late, and of no effect
  const auto rest = again.fetch();
  BOOST_TEST(positions(rest) == (std::vector<Position>{4, 5}));
  BOOST_TEST(again.acknowledge(rest));
  BOOST_TEST(again.fetch(R"("waitMs":0)").empty());
  const Row group = group_in_status(data);
  BOOST_TEST(group.at("cursor") == "5");
  BOOST_TEST(group.at("lag") == "0");

  // What comes later is handed out at once.
  data.out_of({"send"}, genres(6, 1));
  BOOST_TEST(positions(again.fetch()) == std::vector<Position>{6});
  BOOST_TEST(daemon->terminate() == 0, daemon->err());
}

BOOST_FIXTURE_TEST_CASE(members_share_streams_and_one_that_dies_hands_over, WithDaemon) {
  data.out_of({"send"}, genres(4, 3));  // genre 1: 1, 5, 9; genre 2: 2, 6, 10; ..
  auto one = member("one"), two = member("two");
  // Longer than a slow machine takes for the next steps, and shorter than a fetch waits.
  one.join(R"("ackMs":5000)");
  two.join(R"("ackMs":5000)");
  const auto first = one.fetch(R"("limit":2)");
  BOOST_TEST(positions(first) == (std::vector<Position>{1, 2}));
  const auto others = two.fetch();
  BOOST_TEST(positions(others) == (std::vector<Position>{3, 4, 7, 8, 11, 12}));
  const auto more = one.fetch(R"("holds":)" + Member::list(first));
  BOOST_TEST(positions(more) == (std::vector<Position>{5, 6, 9, 10}));
  BOOST_TEST(one.acknowledge({first[0]}));
  BOOST_TEST(two.acknowledge(others));

  // From here on `one` says nothing, and the daemon and the read model go and come back.
  restart();
  data.out_of({"rebuild"});
  auto two_again = member("two");
  for (const Position position : {2, 5, 6, 9, 10}) {  // alone, for one of them may be what it died of
    const auto got = two_again.fetch();
    BOOST_TEST((got == std::vector<Got>{{position, 2, fmt::format("json/genres/{}/", (position - 1) % 4 + 1)}}));
    BOOST_TEST(two_again.acknowledge(got));
  }
  BOOST_TEST(group_in_status(data).at("cursor") == "12");
  BOOST_TEST(!member("one").acknowledge(more));  // it was not dead after all, and too late
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");
}

BOOST_FIXTURE_TEST_CASE(no_kill_brings_back_what_was_acknowledged, WithDaemon) {
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  data.out_of({"send"}, genres(6, 25));
  member("one").join(R"("ackMs":1000,"tries":100)");
  Shared shared;
  std::atomic<bool> stop = false;
  std::vector<std::jthread> members;
  for (const char* name : {"one", "two", "three"})
    members.emplace_back([&, name] { deal_with_all(data, name, shared, stop); });
  const auto cursor = [&] { return projector::read_group(data / "groups", "index").value().work.cursor; };
  const auto until = std::chrono::steady_clock::now() + 2 * long_enough;
  for (Position next = 40; cursor() < data.head() && std::chrono::steady_clock::now() < until;) {
    if (cursor() < next) continue;
    next = cursor() + 30 + chance.up_to(30);
    restart();
  }
  stop = true;
  members.clear();
  BOOST_TEST(cursor() == data.head());
  BOOST_TEST(shared.faults() == std::vector<std::string>{}, boost::test_tools::per_element());
  BOOST_TEST(shared.acknowledged() > 100u);  // the answers to the others were lost
}

BOOST_FIXTURE_TEST_CASE(who_leaves_or_lost_an_answer_has_its_events_handed_out_again, WithDaemon) {
  data.out_of({"send"}, genres(3, 1));
  auto one = member("one"), two = member("two");
  one.join();
  const auto first = one.fetch();
  BOOST_TEST(first.size() == 3u);
  const auto again = one.fetch(R"("holds":)" + Member::list({first[0], first[1]}));  // the third did not arrive
  BOOST_TEST(again.empty());  // it has failed, and goes to one that holds nothing
  two.join();
  BOOST_TEST((two.fetch() == std::vector<Got>{{3, 2, "json/genres/3/"}}));
  one.ask("leave");
  auto three = member("three");
  BOOST_TEST((three.fetch() == std::vector<Got>{{1, 2, "json/genres/1/"}, {2, 2, "json/genres/2/"}}));
  three.ask("leave");
  BOOST_TEST(positions(member("four").fetch(R"("limit":1)")) == std::vector<Position>{1});
}

BOOST_FIXTURE_TEST_CASE(what_fails_too_often_is_set_aside_until_an_operator_sends_it_again, WithDaemon) {
  data.out_of({"send"}, genres(2, 2));
  auto one = member("one");
  one.join(R"("tries":2)");
  const auto first = one.fetch(R"("limit":1)");
  BOOST_TEST(one.give_up(first, "no such index"));
  const auto second = one.fetch(R"("limit":4)");
  BOOST_TEST((second == std::vector<Got>{{1, 2, "json/genres/1/"}}));
  BOOST_TEST(one.give_up(second, "no such index"));
  const auto rest = one.fetch();
  BOOST_TEST(positions(rest) == (std::vector<Position>{2, 3, 4}));  // 3 is of the same stream
  BOOST_TEST(one.acknowledge(rest));
  BOOST_TEST(group_in_status(data).at("cursor") == "4");
  BOOST_TEST(group_in_status(data).at("setAside") == "1");
  BOOST_TEST(has(data.out_of({"status"}), "index: at 4 (up to date), 1 set aside"));
  BOOST_TEST(has(data.out_of({"group", "show", "index"}), "1  genres/1/  2 tries, set aside: no such index"));

  BOOST_TEST(data.catlog({"group", "retry", "index", "2"}).exit_code == 1);
  data.out_of({"group", "retry", "index", "1"});
  const auto retried = one.fetch();
  BOOST_TEST((retried == std::vector<Got>{{1, 3, "json/genres/1/"}}));
  BOOST_TEST(one.acknowledge(retried));
  BOOST_TEST(group_in_status(data).at("setAside") == "0");
}

BOOST_FIXTURE_TEST_CASE(operators_remove_and_reset_groups_with_and_without_a_daemon, WithDaemon) {
  data.out_of({"send"}, genres(3, 1));
  auto one = member("one");
  one.join(R"("topics":["genres/2/","genres/3/"])");
  BOOST_TEST(one.refused("join") == "\"invalid\"");  // other topics
  BOOST_TEST(one.refused("join", R"("topics":["genres/3/","genres/2/"])") == "not refused");
  BOOST_TEST(one.acknowledge(one.fetch()));
  BOOST_TEST(group_in_status(data).at("cursor") == "3");
  data.out_of({"group", "reset", "index", "--from", "3"});
  BOOST_TEST(positions(one.fetch()) == std::vector<Position>{3});
  BOOST_TEST(data.catlog({"group", "reset", "index", "--from", "9"}).exit_code == 1);

  struct stat found {};
  BOOST_TEST_REQUIRE(::stat((data / "run/groups-operator.ipc").c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777) == 0700);  // connecting takes the right to write: nobody but the owner
  BOOST_TEST(daemon->terminate() == 0);
  data.out_of({"group", "reset", "index"});
  BOOST_TEST(read_row(data.out_of({"group", "list", "--json"})).at("cursor") == "0");
  start();
  auto again = member("one");
  BOOST_TEST(positions(again.fetch()) == (std::vector<Position>{2, 3}));
  data.out_of({"group", "remove", "index"});
  BOOST_TEST(!fs::exists(file()));
  BOOST_TEST(again.refused("fetch") == "\"notFound\"");
  BOOST_TEST(data.catlog({"group", "remove", "index"}).exit_code == 2);
}

BOOST_FIXTURE_TEST_CASE(a_group_of_another_history_or_a_damaged_file_is_refused, WithDaemon) {
  const DataDirectory backup(CATLOG_BIN), restored(CATLOG_BIN);
  fs::remove_all(backup.path());
  fs::remove_all(restored.path());
  data.out_of({"send"}, genres(2, 1));
  data.out_of({"backup", backup.path()});
  data.out_of({"send"}, genres(4, 1));
  auto one = member("one");
  one.join();
  BOOST_TEST(has(data.catlog({"backup", backup / "another"}).err, "what 1 groups have dealt with"));
  BOOST_TEST(one.acknowledge(one.fetch()));
  BOOST_TEST(daemon->terminate() == 0);
  const std::string kept = read_text(file());

  restored.out_of({"restore", backup.path()});
  fs::create_directories(restored / "groups");
  std::ofstream(restored / "groups/index.json") << kept;
  std::ofstream(restored / "groups/broken.json") << "{";
  Daemon other = restored.start();
  Member there(context, restored, "index", "one");
  BOOST_TEST(there.refused("fetch") == "\"historyChanged\"");
  BOOST_TEST(there.refused("join") == "\"historyChanged\"");
  BOOST_TEST(has(restored.out_of({"status"}), "index: serves nobody: log "));
  restored.out_of({"send"}, genres(4, 1, "Other"));
  restored.out_of({"group", "reset", "index", "--from", "3"});
  BOOST_TEST(positions(there.fetch(R"("limit":1)")) == std::vector<Position>{3});
  Member broken(context, restored, "broken", "one");
  BOOST_TEST(broken.refused("join") == "\"damaged\"");
  restored.out_of({"group", "remove", "broken"});
  broken.join();
  BOOST_TEST(other.terminate() == 0, other.err());

  // Where there are as many events again, the command behind the last one that was seen tells.
  std::ofstream(restored / "groups/index.json") << kept;
  BOOST_TEST(has(restored.out_of({"status"}), "is another one than group index has seen there"));
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_nothing_is_done_and_said_so) {
  const DataDirectory data(CATLOG_BIN);
  const auto disk = SmallDisk::mount(data.path(), 24 << 20);
  if (!disk) return;
  std::ofstream(data / "begin-new-log");
  Daemon daemon = data.start({"--min-free-bytes", "0"});
  data.out_of({"send"}, genres(5, 1));
  zmq::context_t context;
  Member one(context, data, "index", "one"), two(context, data, "index", "two");
  one.join();
  const auto first = one.fetch(R"("limit":3)");
  disk->fill(0);
  BOOST_TEST(one.refused("ack", R"("deliveries":)" + Member::list(first)) == "\"storageFull\"");
  BOOST_TEST(two.refused("fetch") == "\"storageFull\"");
  BOOST_TEST(Member(context, data, "other", "one").refused("join") == "\"storageFull\"");
  BOOST_TEST(data.catlog({"group", "reset", "index"}).exit_code == 1);
  disk->make_room();
  BOOST_TEST(one.acknowledge(first));
  BOOST_TEST((two.fetch() == std::vector<Got>{{4, 1, "json/genres/4/"}, {5, 1, "json/genres/5/"}}));
  BOOST_TEST(Member(context, data, "other", "one").refused("fetch") == "\"notFound\"");
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_FIXTURE_TEST_CASE(what_a_member_may_not_ask_is_refused, WithDaemon) {
  auto one = member("one");
  const auto of = [this](const std::string& group, const std::string& name) { return member(name, group); };
  for (const std::string& name : std::vector<std::string>{"", "Index", "../x", ".x", "a b", std::string(65, 'a')})
    BOOST_TEST(of(name, "one").refused("join") == "\"invalid\"", name);
  BOOST_TEST(of("index", "").refused("join") == "\"invalid\"");
  BOOST_TEST(of("index", "a b").refused("join") == "\"invalid\"");
  for (const char* more : {R"("topics":["json/movies/"])", R"("ackMs":99)", R"("ackMs":3600001)", R"("tries":0)",
                           R"("tries":101)", R"("from":2)"})
    BOOST_TEST(one.refused("join", more) == "\"invalid\"", more);
  BOOST_TEST(one.refused("join", R"("nonsense":1)") == "\"malformed\"");
  BOOST_TEST(one.refused("reset") == "\"malformed\"");
  BOOST_TEST(!fs::exists(file()));
  one.join();
  for (const char* more : {R"("limit":0)", R"("limit":1001)", R"("waitMs":10001)"})
    BOOST_TEST(one.refused("fetch", more) == "\"invalid\"", more);
  BOOST_TEST(one.refused("nack", R"("delayMs":3600001)") == "\"invalid\"");

  for (const char* what : {"join", "fetch", "ack", "nack", "leave"}) {
    BOOST_TEST(of("Index", "one").pointed_at(what) == fmt::format("/{}/name", what));
    BOOST_TEST(of("index", "a b").pointed_at(what) == fmt::format("/{}/member", what));
    BOOST_TEST(one.pointed_at(what, R"("nonsense":1)") == fmt::format("/{}/nonsense", what));
  }
  BOOST_TEST(of("new", "one").pointed_at("join", R"("from":2)") == "/join/from");
  BOOST_TEST(one.pointed_at("join", R"("topics":["json/movies/"])") == "/join/topics/0");
  BOOST_TEST(one.pointed_at("join", R"("topics":["movies/"])") == "/join/topics");
  BOOST_TEST(one.pointed_at("join", R"("ackMs":99)") == "/join/ackMs");
  BOOST_TEST(one.pointed_at("join", R"("tries":0)") == "/join/tries");
  BOOST_TEST(one.pointed_at("fetch", R"("limit":0)") == "/fetch/limit");
  BOOST_TEST(one.pointed_at("fetch", R"("waitMs":10001)") == "/fetch/waitMs");
  BOOST_TEST(one.pointed_at("nack", R"("delayMs":-1)") == "/nack/delayMs");

  for (int other = 2; other <= 64; ++other) member(fmt::format("member-{}", other)).join();
  BOOST_TEST(member("member-65").refused("join") == "\"tooMany\"");
  member("member-64").ask("leave");
  member("member-65").join();
  for (int other = 2; other <= 64; ++other) of(fmt::format("group-{}", other), "one").join();
  BOOST_TEST(of("group-65", "one").refused("join") == "\"tooMany\"");
  data.out_of({"group", "remove", "group-64"});
  of("group-65", "one").join();
}

BOOST_AUTO_TEST_SUITE_END()
