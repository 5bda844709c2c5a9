#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "commandhandler/import/import.h"
#include "events/bus/bus.h"
#include "events/client/client.h"
#include "events/error.h"
#include "tests/support/bus_peers.h"
#include "tests/support/command_lines.h"
#include "tests/support/data_directory.h"
#include "tests/support/import_documents.h"
#include "tests/support/kills.h"
#include "tests/support/logged_events.h"

BOOST_AUTO_TEST_SUITE(kill_test)

// The daemon as one process, killed at any moment.
using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr size_t send_kills = 8, import_kills = 4;  // of the short form
constexpr size_t kills_per_directory = 12;          // then a new one: what is checked stays small
constexpr size_t many = 3'000;                      // commands
constexpr size_t window = 128, large_pack = 48;     // open at a time, and in one message
constexpr milliseconds patience{120'000};
constexpr const char* wal_limit_bytes = "4194304";  // so that it is written back meanwhile

// ---- what must be true afterwards ----

void check_verified(const DataDirectory& data) {
  const Ran verified = data.catlog({"verify"});
  BOOST_TEST(verified.exit_code == 0, verified.out << verified.err);
}

void check_same(const Tables& tables, const Tables& expected) {
  for (const auto& [table, rows] : expected) BOOST_TEST((tables.at(table) == rows), table << " differs");
}

// The same commands again give the same receipts, and change nothing.
void check_repeated(const DataDirectory& data, const Producer& producer) {
  Producer again(producer.lines());
  BOOST_TEST_REQUIRE((again.send_rest(data.path(), patience) == Producer::Ended::answered));
  for (size_t i = 0; i < producer.size(); ++i)
    if (producer.receipts()[i]->find("\"accepted\"") != std::string::npos)
      BOOST_TEST(*again.receipts()[i] == *producer.receipts()[i]);
    else
      BOOST_TEST(again.receipts()[i]->find("\"unchanged\"") != std::string::npos, *again.receipts()[i]);
}

// ---- a producer sends ----

// Starts catlogd and kills it somewhere on its way to being ready, or a little later.
void start_in_vain(const DataDirectory& data, Kills& kills) {
  const auto limit = milliseconds(1 + kills.chance().up_to(150));
  if (run({CATLOG_BIN "/catlogd", "--data", data.path().string()}, {}, limit).exit_code == -SIGKILL)
    kills.add_at_start();
}

// Sends until a random number of commands is answered and a random moment after that has passed; then it is killed.
void send_until_killed(const DataDirectory& data, Producer& producer, size_t most, Kills& kills) {
  Daemon daemon = data.start({"--wal-limit-bytes", wal_limit_bytes});
  const size_t when = producer.answered() + kills.chance().up_to(most);
  const microseconds later(kills.chance().up_to(3'000));
  std::optional<steady_clock::time_point> at;
  const auto ended = producer.send_rest(data.path(), patience, [&] {
    if (!at && producer.answered() >= when) at = steady_clock::now() + later;
    if (!at || steady_clock::now() < *at) return false;
    daemon.kill();
    return true;
  });
  BOOST_TEST_REQUIRE((ended != Producer::Ended::silent));
  daemon.kill();
  kills.add();
}

// One data directory from the first command to the last, with so many kills between them.
void kill_while_sending(const std::vector<std::string>& lines, const Tables& expected, size_t count, size_t pack,
                        Kills& kills) {
  const DataDirectory data(CATLOG_BIN);
  Producer producer(lines, window, pack);
  const size_t most = lines.size() / count;
  for (size_t before = kills.done(); kills.done() < before + count;) {
    start_in_vain(data, kills);
    send_until_killed(data, producer, most, kills);
    kills.check(data.path(), producer);
  }
  kills.add_acknowledged(producer.answered());

  Daemon daemon = data.start();
  BOOST_TEST_REQUIRE((producer.send_rest(data.path(), patience) == Producer::Ended::answered));
  check_repeated(data, producer);
  check_nothing_doubled(read_log(data));
  check_same(data.tables(columns_of_one_run()), expected);
  check_verified(data);
  BOOST_TEST(daemon.terminate() == 0);
}

// ---- documents to import ----

void write_documents(const fs::path& folder) {
  fs::create_directories(folder / "season");
  for (int i = 1; i <= 150; ++i)
    std::ofstream(folder / fmt::format("movie-{}.json", i)) << fmt::format(
        R"({{"id":{0},"title":"Film {0}","overview":"o","release_date":"2001-02-03","poster_path":null,)"
        R"("backdrop_path":null,"imdb_id":"tt{0:07}","runtime":90,"budget":0,"revenue":0,"popularity":1.5,)"
        R"("vote_average":6,"genres":[{{"id":16,"name":"Animation"}},{{"id":35,"name":"Comedy"}}],"translations":)"
        R"({{"translations":[{{"iso_639_1":"de","data":{{"title":"Streifen {0}","overview":"","tagline":""}}}}]}}}})",
        i);
  std::ofstream(folder / "show.json") << show;
  for (int number = 0; number <= 1; ++number) {
    std::string episodes;
    for (int i = 1; i <= 200; ++i) episodes += (i > 1 ? "," : "") + episode(1930, number, i);
    std::ofstream(folder / "season" / fmt::format("{}.json", number)) << season(number, episodes);
  }
}

using commandhandler::importing::Result;

Result import(const DataDirectory& data, const fs::path& folder, milliseconds timeout,
              const commandhandler::importing::Progress& progress = {}) {
  events::Client client(events::endpoint_in(data.path(), "commands.ipc"),
                        {.timeout = timeout, .pack = events::usual_pack});
  return commandhandler::importing::import_tmdb(client, {folder.string()}, progress);
}

size_t accepted_in(const Result& report) {
  size_t count = 0;
  for (const auto& [name, tally] : report.commands) count += tally.accepted;
  return count;
}

// The tables of an import that nobody disturbs, and of how many commands it is.
std::pair<Tables, size_t> import_in_peace(const fs::path& folder) {
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  size_t commands = 0;
  const auto count = [&](size_t done, size_t) { commands = done; };
  import(data, folder, long_enough, count);
  return {data.tables(columns_of_one_run()), commands};
}

void import_until_killed(const DataDirectory& data, const fs::path& folder, size_t when) {
  Daemon daemon = data.start();
  const auto kill = [&](size_t done, size_t) {
    if (done >= when) daemon.kill();
  };
  try {
    import(data, folder, milliseconds(500), kill);
  } catch (const events::Failure& failure) {
    BOOST_TEST((failure.code() == events::Exit::unreachable));
  }
}

void kill_while_importing(const fs::path& folder) {
  const auto [expected, commands] = import_in_peace(folder);
  BOOST_TEST_REQUIRE(commands > 500u);

  Kills kills("import", import_kills);
  const DataDirectory data(CATLOG_BIN);
  const Producer nothing_known({});  // the importer keeps its receipts to itself
  for (size_t kill = 0; kill < import_kills; ++kill) {
    import_until_killed(data, folder, kills.chance().up_to(commands * (kill + 1) / import_kills));
    kills.add();
    kills.check(data.path(), nothing_known);
  }
  Daemon daemon = data.start();
  import(data, folder, long_enough);
  BOOST_TEST(accepted_in(import(data, folder, long_enough)) == 0u);
  check_same(data.tables(columns_of_one_run()), expected);
  check_nothing_doubled(read_log(data));
  check_verified(data);
  BOOST_TEST(daemon.terminate() == 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(killed_while_a_producer_sends_it_loses_nothing_and_doubles_nothing) {
  const auto lines = demo_and_many_commands(CATLOG_SOURCE, many);
  Tables expected;
  {
    const DataDirectory peaceful(CATLOG_BIN);
    Daemon daemon = peaceful.start();
    Producer producer(lines);
    BOOST_TEST_REQUIRE((producer.send_rest(peaceful.path(), patience) == Producer::Ended::answered));
    BOOST_TEST_REQUIRE(producer.unexpected().empty(), producer.unexpected().front());
    expected = peaceful.tables(columns_of_one_run());
  }
  Kills kills("daemon", send_kills);
  // Some by themselves, then some in packs.
  for (size_t run = 0; !kills.are_over(); ++run)
    kill_while_sending(lines, expected,
                       std::min({kills_per_directory, (kills.wanted() + 1) / 2, kills.wanted() - kills.done()}),
                       run % 2 == 0 ? 1 : large_pack, kills);
}

BOOST_AUTO_TEST_CASE(killed_while_it_imports_it_ends_with_the_same_rows) {
  const TemporaryDirectory folder;
  write_documents(folder.path());
  kill_while_importing(folder.path());
}

BOOST_AUTO_TEST_CASE(killed_while_it_imports_recorded_responses_it_ends_with_the_same_rows) {
  const char* fixtures = std::getenv("CATLOG_FIXTURES");
  if (!fixtures) {
    BOOST_TEST_MESSAGE("not tried: CATLOG_FIXTURES names no folder with recorded responses");
    return;
  }
  kill_while_importing(fs::path(fixtures) / "tmdb");
}

BOOST_AUTO_TEST_SUITE_END()
