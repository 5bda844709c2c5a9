#include "events/schema/vocabulary.h"

#include <signal.h>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/import/import.h"
#include "events/bus/limits.h"
#include "events/client/client.h"
#include "events/client/subscriber.h"
#include "events/codec/json.h"
#include "events/error.h"
#include "events/text/uuid.h"
#include "tests/support/bus_peers.h"
#include "tests/support/chance.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(restarted_daemon_test)

// A daemon that is away for a while ends none of our own clients: what has no answer is asked again, in order.
using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr size_t kills = 20, many = 10'000;
constexpr milliseconds short_patience{3'000};  // enough for a daemon on a busy machine to answer

// Longer than a limit, which is what is tested.
void outlast(milliseconds limit) { std::this_thread::sleep_for(limit + milliseconds(100)); }

struct Restarted {
  DataDirectory data{CATLOG_BIN};
  std::optional<Daemon> daemon{std::in_place, CATLOG_BIN "/catlogd", data.path()};

  void kill_and_start() {
    daemon->kill();
    daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  }
  std::string endpoint(const char* name) const { return events::endpoint_in(data.path(), name); }
  void put_movie() const { data.out_of({"send", "-"}, movie(1)); }

  static std::string movie(size_t number) {
    return fmt::format(R"({{"putMovie":{{"tmdbId":{},"title":"M","overview":"","releaseDate":"","poster":"",)"
                       R"("backdrop":""}}}})"
                       "\n",
                       number);
  }
  static std::string rate(size_t number) {
    return fmt::format(R"({{"rateMovie":{{"movie":{{"tmdbId":1}},"popularity":{},"rating":5}}}})", number);
  }
  std::vector<size_t> popularities() const {
    std::vector<size_t> all;
    for (const Row& event : read_lines(data.out_of({"log", "--type", "movieRated"}))) {
      const Row rated = read_row(read_row(event.at("event")).at("movieRated"));
      all.push_back(static_cast<size_t>(std::stod(rated.at("popularity"))));
    }
    return all;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(restarted_daemon, Restarted)

BOOST_AUTO_TEST_CASE(twenty_kills_lose_double_and_reorder_none_of_ten_thousand_commands) {
  put_movie();
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  events::Client client(endpoint("commands.ipc"), {.pack = events::usual_pack});
  size_t answered = 0, killed = 0, next_kill = 1 + chance.up_to(many / kills - 10);
  for (size_t number = 1; number <= many; ++number) {
    const std::string id = fmt::format("01936b2e-8c00-7000-8000-{:012x}", number);
    client.send(fmt::format(R"({{"id":"{}",{})", id, rate(number).substr(1)), events::Encoding::json,
                [&, id](auto receipt) {
                  BOOST_TEST_REQUIRE(receipt.isAccepted());
                  BOOST_TEST_REQUIRE(std::string(receipt.getId().cStr()) == id);
                  ++answered;
                  if (answered < next_kill || killed == kills) return;
                  ++killed;
                  next_kill = answered + 1 + chance.up_to(many / kills - 10);
                  kill_and_start();
                });
  }
  client.finish();
  BOOST_TEST(killed == kills);
  BOOST_TEST(answered == many);
  const auto rated = popularities();
  BOOST_TEST_REQUIRE(rated.size() == many);
  for (size_t i = 0; i < many; ++i) BOOST_TEST_REQUIRE(rated[i] == i + 1);
}

// A stop ends no pack in its middle: of what is refused no log tells the next daemon.
BOOST_AUTO_TEST_CASE(twenty_stops_in_the_middle_of_packs_make_nothing_too_late) {
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  std::atomic<size_t> answered = 0;
  std::atomic<bool> is_over = false;
  size_t number = 0, wrong = 0;
  std::string first_wrong;
  auto sending = std::async(std::launch::async, [&] {
    events::Client client(endpoint("commands.ipc"),
                          {.window = events::commands_unanswered, .pack = events::max_pack_commands});
    for (; !is_over; ++number) {
      const bool is_look_up = number % 2 == 1;
      const std::string what = is_look_up ? R"("lookUp":{"movie":{"tmdbId":9}})"
                                          : fmt::format(R"("putGenre":{{"tmdbId":{},"name":"G"}})", number + 1);
      const auto id = events::to_string(events::new_uuid());
      client.send(fmt::format(R"({{"id":"{}",{}}})", id, what), events::Encoding::json, [&, is_look_up](auto receipt) {
        ++answered;
        if (is_look_up ? receipt.isRefused() && receipt.getRefused().getCode() == events::schema::RefusalCode::NOT_FOUND
                       : receipt.isAccepted())
          return;
        if (++wrong == 1) first_wrong = events::write_json(receipt, events::Secrets::hidden);
      });
    }
    client.finish();
  });
  for (size_t stopped = 0; stopped < kills; ++stopped) {
    const size_t next = answered + chance.up_to(many / kills);
    while (answered < next && sending.wait_for(milliseconds(0)) == std::future_status::timeout)
      std::this_thread::yield();
    BOOST_TEST(daemon->terminate() == 0);
    daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  }
  is_over = true;
  sending.get();
  BOOST_TEST(answered == number);
  BOOST_TEST(wrong == 0u, first_wrong);
}

BOOST_AUTO_TEST_CASE(a_client_says_what_it_did_when_it_gives_up) {
  put_movie();
  events::Client client(endpoint("commands.ipc"), {.timeout = short_patience});
  size_t answered = 0;
  const auto count = [&](auto) { ++answered; };
  client.send(R"({"id":"01936b2e-8c00-7000-8000-00000000a001",)" + rate(1).substr(1), events::Encoding::json, count);
  client.finish();
  daemon->kill();
  try {
    for (int i = 2; i < 5; ++i)
      client.send(fmt::format(R"({{"id":"01936b2e-8c00-7000-8000-00000000a00{}",{})", i, rate(1).substr(1)),
                  events::Encoding::json, count);
    client.finish();
    BOOST_ERROR("nobody answers");
  } catch (const events::Failure& failure) {
    BOOST_TEST((failure.code() == events::Exit::unreachable));
    BOOST_TEST(has(failure.what(), "1 commands were answered, 3 have no answer"), failure.what());
  }
  BOOST_TEST(answered == 1u);
}

// What passes while it is busy with a receipt, as with a pipe that nobody reads, is no time in which nobody answers.
BOOST_AUTO_TEST_CASE(receipts_that_lie_ready_are_taken_after_a_pause_longer_than_the_limit) {
  put_movie();
  events::Client client(endpoint("commands.ipc"), {.timeout = short_patience});
  size_t answered = 0;
  for (size_t number = 1; number <= 20; ++number)
    client.send(rate(number), events::Encoding::json, [&](auto) {
      if (++answered == 1) outlast(short_patience);
    });
  outlast(short_patience);
  client.finish();
  BOOST_TEST(answered == 20u);
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_pauses_longer_than_the_limit_hears_the_next_daemon) {
  put_movie();
  events::Subscriber subscriber({endpoint("changes.ipc"), endpoint("replay.ipc"), {}, 1, short_patience});
  daemon->kill();
  BOOST_TEST(!subscriber.next(milliseconds(20)));  // its request is open now
  outlast(short_patience);
  daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  BOOST_TEST(subscriber.next(long_enough)->position == 1u);
}

BOOST_AUTO_TEST_CASE(send_import_and_tail_wait_for_a_daemon_that_is_being_started) {
  put_movie();
  std::ofstream(data / "film.json") << R"({"id":7,"title":"Seven","imdb_id":"tt7"})";
  BOOST_TEST(daemon->terminate() == 0);
  const std::string arguments[] = {"send", "import tmdb " + (data / "film.json").string(), "tail --from 1 --count 1"};
  const std::string words = data / "words";
  for (const std::string& client :
       arguments) {  // one at a time: a slow machine starts little else in the time it waits
    fs::remove(words);
    Ran ran;
    std::thread running([&] {
      ran = run({"/bin/sh", "-c",
                 fmt::format("{}/catlog --data {} {} 2> {}", CATLOG_BIN, data.path().string(), client, words)},
                movie(2));
    });
    const auto has_found_nobody = [&] { return fs::exists(words) && has(read_text(words), "waiting 5 s for catlogd"); };
    for (const auto until = std::chrono::steady_clock::now() + long_enough;
         !has_found_nobody() && std::chrono::steady_clock::now() < until;)
      std::this_thread::yield();
    daemon.emplace(CATLOG_BIN "/catlogd", data.path());
    running.join();
    BOOST_TEST(ran.exit_code == 0, read_text(words));
    BOOST_TEST(daemon->terminate() == 0);
  }
}

BOOST_AUTO_TEST_CASE(send_goes_on_after_a_restart) {
  std::string lines;
  for (size_t number = 1; number <= 3'000; ++number) lines += movie(number);
  std::ofstream(data / "commands.ndjson") << lines;
  Ran sent;
  std::thread sender([&] { sent = data.catlog({"send", data / "commands.ndjson"}); });
  while (data.head() < 500) {
  }
  kill_and_start();
  sender.join();
  BOOST_TEST(sent.exit_code == 0, sent.err);
  BOOST_TEST(has(sent.err, "3000 accepted, 0 unchanged, 0 refused"), sent.err);
  BOOST_TEST(read_lines(sent.out).size() == 3'000u);
}

BOOST_AUTO_TEST_CASE(send_and_tail_give_up_after_the_time_that_they_are_given) {
  put_movie();
  daemon->kill();
  const Ran sent = data.catlog({"send", "-", "--wait-s", "1"}, movie(2));
  BOOST_TEST(sent.exit_code == 6);
  BOOST_TEST(has(sent.err, "0 accepted, 0 unchanged, 0 refused, 1 without a receipt"), sent.err);
  BOOST_TEST(has(sent.err, "1 have no answer"), sent.err);
  BOOST_TEST(data.catlog({"tail", "--from", "1", "--wait-s", "1"}).exit_code == 6);
}

BOOST_AUTO_TEST_CASE(lines_without_an_answer_can_be_sent_again_with_the_ids_that_send_made) {
  const size_t window = events::ClientOptions().window, all = window + 50, own = 3;
  const std::string own_id = events::to_string(events::new_uuid());
  // The first line is empty: a number here is that of the line, as `tail -n` has it.
  std::vector<std::string> lines{"\n"};
  for (size_t number = 2; number <= all; ++number) lines.push_back(movie(number));
  lines[own - 1].insert(1, fmt::format(R"("id":"{}",)", own_id));
  const auto text = [&lines](size_t count) {
    std::string joined;
    for (size_t i = 0; i < count; ++i) joined += lines[i];
    return joined;
  };
  daemon->kill();
  const Ran sent = data.catlog({"send", "-", "--wait-s", "1"}, text(all));
  BOOST_TEST(sent.exit_code == 6);
  BOOST_TEST(has(sent.err, fmt::format("{} without a receipt", window)), sent.err);
  BOOST_TEST(has(sent.err, fmt::format("{} have no answer, as they were never sent;", window)), sent.err);
  BOOST_TEST(!has(sent.err, "carried out"), sent.err);
  BOOST_TEST(has(sent.err, "from line 2 on nothing was sent"), sent.err);
  BOOST_TEST(has(sent.err, "send again from line 2 on, with these ids"), sent.err);

  std::string made;
  std::istringstream words(sent.err);
  for (std::string line; std::getline(words, line);)
    if (line.starts_with("{")) made += line + "\n";
  std::set<std::string> ids{fmt::format(R"("{}")", own_id)};
  for (const Row& row : read_lines(made)) {
    lines.at(std::stoul(row.at("line")) - 1).insert(1, fmt::format(R"("id":{},)", row.at("id")));
    ids.insert(row.at("id"));
  }
  BOOST_TEST(ids.size() == window);
  daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  // They are the same commands, however often they go out.
  const std::string first = data.out_of({"send", "-"}, text(window + 1));
  BOOST_TEST(data.out_of({"send", "-"}, text(window + 1)) == first);
  for (const Row& receipt : read_lines(first)) BOOST_TEST(ids.contains(receipt.at("id")));
  BOOST_TEST(data.head() == window);
}

BOOST_AUTO_TEST_CASE(a_subscriber_asks_the_next_daemon_for_what_the_last_one_did_not_answer) {
  constexpr size_t events = 2'500;  // more than one chunk
  put_movie();
  std::string lines;
  for (size_t number = 2; number <= events; ++number) lines += movie(number);
  data.out_of({"send", "-"}, lines);
  events::Subscriber subscriber({endpoint("changes.ipc"), endpoint("replay.ipc"), {}, 1});
  const auto head = data.head();
  events::Position last = 0;
  for (; last < 1'000; ++last) BOOST_TEST_REQUIRE(subscriber.next(long_enough)->position == last + 1);
  daemon->kill();
  // Nobody answers, which is no failure yet, and next() keeps to its time.
  while (auto change = subscriber.next(milliseconds(20))) BOOST_TEST_REQUIRE(change->position == ++last);
  daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  for (; last < head; ++last) BOOST_TEST_REQUIRE(subscriber.next(long_enough)->position == last + 1);
  data.out_of({"send", "-"}, movie(events + 1));
  BOOST_TEST(subscriber.next(long_enough)->position == head + 1);
}

BOOST_AUTO_TEST_CASE(a_subscriber_says_where_to_go_on_when_it_gives_up) {
  put_movie();
  data.out_of({"send", "-"}, movie(2));
  events::Subscriber subscriber({endpoint("changes.ipc"), endpoint("replay.ipc"), {}, 1, short_patience});
  daemon->kill();
  try {
    while (subscriber.next(milliseconds(50)) || true) {
    }
  } catch (const events::Failure& failure) {
    BOOST_TEST((failure.code() == events::Exit::unreachable));
    BOOST_TEST(has(failure.what(), "before position 1 of log " + subscriber.log_id()), failure.what());
  }
}

// ---- imports ----

struct Documents : Restarted {
  static constexpr int movies = 600;
  Documents() {
    fs::create_directory(data / "tmdb");
    for (int i = 1; i <= movies; ++i)
      std::ofstream(data / fmt::format("tmdb/{}.json", i)) << fmt::format(
          R"({{"id":{0},"title":"Film {0}","overview":"o","release_date":"2001-02-03","poster_path":null,)"
          R"("backdrop_path":null,"imdb_id":"tt{0:07}","runtime":90,"budget":0,"revenue":0,"popularity":1.5,)"
          R"("vote_average":6,"genres":[]}})",
          i);
  }
  commandhandler::importing::Result import(milliseconds timeout, const commandhandler::importing::Progress& progress) {
    events::Client client(endpoint("commands.ipc"), {.timeout = timeout, .pack = events::usual_pack});
    return commandhandler::importing::import_tmdb(client, {(data / "tmdb").string()}, progress);
  }
};

BOOST_FIXTURE_TEST_CASE(an_import_goes_on_after_a_restart, Documents) {
  bool was_killed = false;
  const auto report = import(events::patience, [&](size_t done, size_t) {
    if (done < 200 || std::exchange(was_killed, true)) return;
    kill_and_start();
  });
  BOOST_TEST(was_killed);
  BOOST_TEST(report.interrupted == "");
  BOOST_TEST(report.problems.empty());
  BOOST_TEST(report.commands.at("putMovie").accepted == static_cast<size_t>(movies));
}

BOOST_FIXTURE_TEST_CASE(an_import_that_gives_up_reports_what_it_did, Documents) {
  const auto report = import(short_patience, [&](size_t done, size_t) {
    if (done == 100) daemon->kill();
  });
  const auto& tally = report.commands.at("putMovie");
  BOOST_TEST(tally.accepted >= 100u);
  BOOST_TEST(report.unanswered > 0u);
  BOOST_TEST(tally.accepted + report.unanswered + report.unsent == static_cast<size_t>(movies));
  BOOST_TEST(has(report.interrupted, "nothing answers"), report.interrupted);

  const Ran ran = data.catlog({"import", "tmdb", "--wait-s", "1", data / "tmdb"});
  BOOST_TEST(ran.exit_code == 6);
  BOOST_TEST(read_row(ran.out).at("unanswered") == "0");
  BOOST_TEST(read_row(ran.out).at("unsent") == std::to_string(movies));
  BOOST_TEST(has(ran.err, "import the same again"), ran.err);
}

// ---- a socket that is not there ----

// The daemon ends itself then, so that whoever watches it starts it again.
BOOST_AUTO_TEST_CASE(a_removed_socket_is_told_by_status_and_by_whoever_waits_for_it) {
  BOOST_TEST(has(data.out_of({"status", "--json"}), "\"missingSockets\":[]"));
  ::kill(daemon->pid(), SIGSTOP);  // it must not end before it is asked about
  fs::remove(data / "run/commands.ipc");
  fs::remove(data / "run/replay.ipc");
  const std::string status = data.out_of({"status"}), json = data.out_of({"status", "--json"});
  BOOST_TEST(has(status, "commands.ipc is missing"), status);
  BOOST_TEST(has(status, "replay.ipc is missing"), status);
  BOOST_TEST(has(json, "/run/commands.ipc\""), json);
  ::kill(daemon->pid(), SIGCONT);
  BOOST_TEST(daemon->wait() != 0);
  Ran sent, tailed;
  std::thread sender([&] { sent = data.catlog({"send"}, movie(1)); });
  tailed = data.catlog({"tail"});
  sender.join();
  for (const Ran& ran : {sent, tailed}) {
    BOOST_TEST(ran.exit_code == 6);
    BOOST_TEST(has(ran.err, "waiting 5 s for catlogd"), ran.err);
    BOOST_TEST(has(ran.err, "start `catlogd --data"), ran.err);
  }
}

BOOST_AUTO_TEST_CASE(a_daemon_whose_socket_was_removed_is_named) {
  ::kill(daemon->pid(), SIGSTOP);  // it would notice, and end
  fs::remove(data / "run/commands.ipc");
  const Ran ran = data.catlog({"send"}, movie(1));
  ::kill(daemon->pid(), SIGCONT);
  BOOST_TEST(ran.exit_code == 6);
  BOOST_TEST(has(ran.err, fmt::format("(process {}), but does not listen", daemon->pid())), ran.err);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
