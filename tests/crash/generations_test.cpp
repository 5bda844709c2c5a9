#include <signal.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "projector/sqlite/migrations.h"
#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"
#include "tests/support/kills.h"

BOOST_AUTO_TEST_SUITE(generations_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr int movies = 400, rounds = 3;
constexpr size_t short_form = 12;                   // kills
constexpr std::chrono::minutes longest_silence{2};  // of the feed, on a machine that does much else

std::string put_movies() {
  std::string lines;
  for (int i = 1; i <= movies; ++i)
    lines += fmt::format(R"({{"putMovie":{{"tmdbId":{0},"title":"Film {0}","overview":"o","releaseDate":"",)"
                         R"("poster":"","backdrop":"","popularity":1,"rating":1}}}})"
                         "\n",
                         i);
  return lines;
}

// Each is accepted: no two say the same.
std::string rate_movies(int count) {
  static int said = 1;
  std::string lines;
  for (int i = 0; i < count; ++i, ++said)
    lines += fmt::format(R"({{"rateMovie":{{"movie":{{"tmdbId":{}}},"popularity":{},"rating":7}}}})"
                         "\n",
                         1 + said % movies, said);
  return lines;
}

void send(const DataDirectory& data, const std::string& lines) {
  const Ran sent = data.catlog({"send", "-"}, lines);
  BOOST_TEST(sent.exit_code == 0, sent.err);
}

std::set<std::string> files_of(const DataDirectory& data) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(data / "readmodel")) names.insert(entry.path().filename());
  return names;
}

// Everything that the log says can be read, and commands go on.
void check_alive(const DataDirectory& data) {
  send(data, rate_movies(1));
  const auto rows = data.rows("SELECT count(*) AS n FROM movies");
  BOOST_TEST(rows.at(0).at("n") == std::to_string(movies));
}

void check_verified(const DataDirectory& data) {
  const Ran verified = data.catlog({"verify"});
  BOOST_TEST(verified.exit_code == 0, verified.out << verified.err);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_rebuild_that_is_killed_anywhere_leaves_the_live_read_model_alone) {
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  send(data, put_movies());
  auto begin = std::chrono::steady_clock::now();
  const auto ms_since_begin = [&] {
    return static_cast<uint64_t>((std::chrono::steady_clock::now() - begin) / milliseconds(1));
  };
  data.out_of({"rebuild"});
  uint64_t whole_ms = ms_since_begin();
  constexpr std::string_view interrupt = "INT";
  Kills kills("rebuild", short_form);
  while (!kills.are_over()) {
    const fs::path live = fs::read_symlink(data / "readmodel" / "current.sqlite");
    const std::string_view signal = kills.done() % 3 == 0 ? interrupt : "KILL";
    const std::string after = fmt::format("{:.3f}", 0.001 * static_cast<double>(1 + kills.chance().up_to(whole_ms)));
    begin = std::chrono::steady_clock::now();
    const Ran ran = run({"/usr/bin/timeout", "-s", std::string(signal), after, CATLOG_BIN "/catlog", "--data",
                         data.path().string(), "rebuild"});
    const bool is_killed = ran.exit_code == (signal == interrupt ? 124 : -SIGKILL);  // as timeout(1) ends
    if (is_killed)
      kills.add();
    else
      whole_ms = std::min(whole_ms, ms_since_begin());  // the first one may have been slow
    const fs::path now = fs::read_symlink(data / "readmodel" / "current.sqlite");
    BOOST_TEST_CONTEXT("SIG" << signal << " after " << after << " s: exit " << ran.exit_code) {
      // It was killed, or it was done; in both cases before the switch or behind it.
      BOOST_TEST_REQUIRE((is_killed || ran.exit_code == 0));
      if (now != live) BOOST_TEST(fs::exists(data / "readmodel" / live));
      check_alive(data);
      check_verified(data);
      kills.add_check();
    }
  }
  data.out_of({"rebuild", "--diff"});
  for (const std::string& name : files_of(data)) BOOST_TEST(name.find(".building") == std::string::npos, name);
  check_verified(data);
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(a_migration_that_is_killed_anywhere_leaves_one_schema_or_the_other) {
  const DataDirectory data(CATLOG_BIN);
  {
    Daemon daemon = data.start();
    send(data, put_movies());
    BOOST_TEST(data.rows("SELECT count(*) AS n FROM movies").at(0).at("n") == std::to_string(movies));
    BOOST_TEST(daemon.terminate() == 0);
  }
  const fs::path link = data / "readmodel" / "current.sqlite";
  const int newest = static_cast<int>(projector::migrations().size());
  const std::string oldest = "3", before = data.out_of({"sql", "SELECT * FROM movies", "--format", "csv"});
  const auto schema_of = [](const fs::path& file) {
    return projector::schema_version(projector::Database(file, projector::Open::write));
  };
  const auto begin = std::chrono::steady_clock::now();
  data.out_of({"migrate", "--to", oldest});
  const auto whole_ms = static_cast<uint64_t>((std::chrono::steady_clock::now() - begin) / milliseconds(1));
  Kills kills("migrate", short_form);
  for (int tries = 0; !kills.are_over() && tries < 1'000; ++tries) {
    const fs::path live = fs::canonical(link);  // up, another one takes its place
    const int from = schema_of(live);
    const std::string to = from == newest ? oldest : std::to_string(newest);
    const std::string after = fmt::format("{:.3f}", 0.001 * static_cast<double>(1 + kills.chance().up_to(whole_ms)));
    const Ran ran = run({"/usr/bin/timeout", "-s", "KILL", after, CATLOG_BIN "/catlog", "--data", data.path().string(),
                         "migrate", "--to", to});
    const bool is_killed = ran.exit_code == -SIGKILL;  // as timeout(1) ends
    BOOST_TEST_CONTEXT("to " << to << ", killed after " << after << " s: exit " << ran.exit_code) {
      BOOST_TEST_REQUIRE((is_killed || ran.exit_code == 0), ran.err);
      const int now = schema_of(fs::canonical(link));
      BOOST_TEST((now == from || std::to_string(now) == to));
      if (const fs::path copy = projector::backup_of(live, from); fs::exists(copy)) BOOST_TEST(schema_of(copy) == from);
      BOOST_TEST(data.out_of({"sql", "SELECT * FROM movies", "--format", "csv"}) == before);
    }
    if (is_killed) kills.add();
    kills.add_check();
  }
  data.out_of({"migrate"});
  for (const std::string& name : files_of(data)) BOOST_TEST(name.find(".building") == std::string::npos, name);
  check_verified(data);
  data.out_of({"rebuild", "--diff", "--refuse-if-different"});
}

BOOST_AUTO_TEST_CASE(a_file_as_of_a_position_is_whole_or_not_there_whenever_it_is_killed) {
  const DataDirectory data(CATLOG_BIN);
  const TemporaryDirectory elsewhere;
  {
    Daemon daemon = data.start();
    send(data, put_movies());
    BOOST_TEST(daemon.terminate() == 0);
  }
  const fs::path file = elsewhere / "then.sqlite";
  const std::vector<std::string> rebuild{
      CATLOG_BIN "/catlog", "--data", data.path(), "rebuild", "--as-of", "300", "--into", file};
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST_REQUIRE(run(rebuild).exit_code == 0);
  const auto whole_ms = static_cast<uint64_t>((std::chrono::steady_clock::now() - begin) / milliseconds(1));
  const std::string whole = read_text(file);
  BOOST_TEST(run(rebuild).exit_code == 2);  // nothing is written over
  Kills kills("as of", short_form);
  while (!kills.are_over()) {
    fs::remove(file);
    std::vector<std::string> killed{
        "/usr/bin/timeout", "-s", "KILL",
        fmt::format("{:.3f}", 0.001 * static_cast<double>(1 + kills.chance().up_to(whole_ms)))};
    killed.insert(killed.end(), rebuild.begin(), rebuild.end());
    const Ran ran = run(killed);
    BOOST_TEST_REQUIRE((ran.exit_code == 0 || ran.exit_code == -SIGKILL), ran.err);
    if (ran.exit_code != 0) kills.add();
    BOOST_TEST((fs::exists(file) ? read_text(file) == whole : ran.exit_code != 0));
    kills.add_check();
  }
}

BOOST_AUTO_TEST_CASE(a_rebuild_that_cannot_write_any_more_leaves_the_live_read_model_alone) {
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  send(data, put_movies());
  const fs::path live = fs::read_symlink(data / "readmodel" / "current.sqlite");
  for (const int most_bytes : {0, 4'096, 100'000}) {
    const Ran ran = run({"/usr/bin/prlimit", fmt::format("--fsize={}", most_bytes), CATLOG_BIN "/catlog", "--data",
                         data.path().string(), "rebuild"});
    BOOST_TEST(ran.exit_code != 0);
    BOOST_TEST(fs::read_symlink(data / "readmodel" / "current.sqlite") == live);
    check_alive(data);
  }
  data.out_of({"rebuild", "--diff"});
  for (const std::string& name : files_of(data)) BOOST_TEST(name.find(".building") == std::string::npos, name);
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(commands_feed_and_reports_go_on_while_generations_come_and_go) {
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  send(data, put_movies());
  zmq::context_t context;
  auto feed = events::connect_socket(context, zmq::socket_type::sub, events::endpoint_in(data.path(), "changes.ipc"));
  feed.set(zmq::sockopt::subscribe, "json/");
  feed.set(zmq::sockopt::subscribe, "head/");
  while (receive(feed).at(0) != "head/") {
  }
  const uint64_t before = data.head();

  // Threads only note what went wrong: the test framework wants to hear of it from one.
  std::vector<std::string> wrong_of_producer, wrong_of_operator, wrong_of_reader;
  std::jthread producer([&] {
    for (int i = 0; i < 10 * rounds; ++i) {
      const Ran sent = data.catlog({"send", "-"}, rate_movies(50));
      if (sent.exit_code != 0) wrong_of_producer.push_back(sent.err);
    }
  });
  const auto run_by = [&](std::vector<std::string>& wrong, const std::vector<std::string>& arguments) {
    const Ran ran = data.catlog(arguments);
    if (ran.exit_code != 0) wrong.push_back(fmt::format("{}: {}{}", fmt::join(arguments, " "), ran.out, ran.err));
    return ran;
  };
  std::jthread operating([&] {
    for (int round = 0; round < rounds; ++round) {
      for (const std::vector<std::string>& arguments : {std::vector<std::string>{"rebuild"},
                                                        {"rebuild", "--diff"},
                                                        {"rebuild", "--back"},
                                                        {"rebuild", "--strategy", "ordered"}}) {
        run_by(wrong_of_operator, arguments);
      }
    }
  });
  std::jthread reading([&](const std::stop_token& over) {
    while (!over.stop_requested()) {
      const Ran ran = run_by(wrong_of_reader, {"sql", "SELECT count(*) FROM movies", "--format", "csv"});
      if (ran.out.find("\n400") == std::string::npos) wrong_of_reader.push_back("not all movies: " + ran.out);
      run_by(wrong_of_reader, {"report", "top-movies"});
    }
  });
  const uint64_t last = before + static_cast<uint64_t>(10 * rounds * 50);
  for (uint64_t expected = before + 1; expected <= last;) {
    const auto frames = receive(feed, longest_silence);
    BOOST_REQUIRE_MESSAGE(!frames.empty(), "waits for " << expected << " of " << last << ": " << daemon.err());
    if (frames[0] == "head/") continue;
    BOOST_REQUIRE(read_row(frames.at(1)).at("position") == std::to_string(expected));
    ++expected;
  }
  producer.join();
  operating.join();
  reading.request_stop();
  reading.join();
  BOOST_TEST(wrong_of_reader.empty(), fmt::format("{}", fmt::join(wrong_of_reader, "\n")));
  BOOST_TEST(wrong_of_producer.empty(), fmt::format("{}", fmt::join(wrong_of_producer, "\n")));
  BOOST_TEST(wrong_of_operator.empty(), fmt::format("{}", fmt::join(wrong_of_operator, "\n")));
  BOOST_TEST(data.head() == last);
  check_alive(data);
  check_verified(data);
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
