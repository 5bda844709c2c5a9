#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>

#include <fmt/format.h>

#include "commandhandler/client.h"
#include "commandhandler/import/import.h"
#include "events/bus.h"
#include "events/error.h"
#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"
#include "tests/support/import_documents.h"
#include "tests/support/logged_events.h"

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr size_t send_kills = 8, import_kills = 4;
constexpr std::chrono::seconds longest_killing{40};  // of one test: then what is left is sent in peace
constexpr size_t window = 128;

std::mt19937& chance() {
  static std::mt19937 generator = [] {
    const unsigned seed = std::random_device()();
    BOOST_TEST_MESSAGE("seed " << seed);
    return std::mt19937(seed);
  }();
  return generator;
}

size_t up_to(size_t most) { return std::uniform_int_distribution<size_t>(0, most)(chance()); }

// ---- the load ----

std::string command_id(size_t number) { return fmt::format("01950000-0000-7000-8000-{:012x}", number); }

std::string with_id(size_t number, const std::string& command) {
  return fmt::format(R"({{"id":"{}",{}}})", command_id(number), command);
}

std::string put_movie(size_t movie_id) {
  return fmt::format(
      R"("putMovie":{{"tmdbId":{0},"title":"Film {0}","overview":"Größe {0}","releaseDate":"2001-02-03",)"
      R"("poster":"","backdrop":"","genres":[{{"tmdbId":16}}],"popularity":1.5,"rating":5}})",
      movie_id);
}

std::string rate_movie(size_t movie_id, size_t rating) {
  return fmt::format(R"("rateMovie":{{"movie":{{"tmdbId":{}}},"popularity":{},"rating":7}})", movie_id, rating);
}

// Commands that depend on the ones before them; some are batches, each has an id that is always the same.
std::vector<std::string> many_commands() {
  constexpr size_t count = 3'000, first_movie = 5'000'000;
  std::vector<std::string> lines;
  for (size_t i = 0; i < count; ++i) {
    const size_t movie_id = first_movie + i / 3, earlier = first_movie + i / 7;
    if (i % 60 == 59) {
      lines.push_back(with_id(
          i, fmt::format(R"("batch":{{"commands":[{},{}]}})", with_id(count + 2 * i, put_movie(movie_id + count)),
                         with_id(count + 2 * i + 1, rate_movie(movie_id + count, i)))));
    } else {
      lines.push_back(with_id(i, i % 3 == 0 ? put_movie(movie_id) : rate_movie(earlier, i)));
    }
  }
  return lines;
}

std::vector<std::string> whole_load() {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& text) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      if (end > at) lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  };
  for (const auto& file : demo_files(CATLOG_SOURCE)) add(read_text(file));
  for (const auto& line : many_commands()) lines.push_back(line);
  return lines;
}

// ---- a producer that keeps every receipt ----

class Producer {
 public:
  explicit Producer(const std::vector<std::string>& lines) : lines_(lines), receipts_(lines.size()) {}

  // Sends what is not answered yet, in order, until all of it is or `is_over` says so.
  template <class IsOver>
  void send_rest(const DataDirectory& data, IsOver&& is_over) {
    zmq::context_t context;
    auto socket =
        events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(data.path(), "commands.ipc"));
    const auto deadline = steady_clock::now() + std::chrono::minutes(2);
    size_t next = first_unanswered(), waiting = 0;
    for (;;) {
      for (; next < lines_.size() && waiting < window; ++next) {
        if (receipts_[next]) continue;
        tests::send(socket, {std::to_string(next), "j", lines_[next]});
        ++waiting;
      }
      for (auto frames = receive(socket, milliseconds(1)); !frames.empty(); frames = receive(socket, milliseconds(0))) {
        take(std::stoull(frames.at(0)), frames.at(2));
        --waiting;
      }
      if (is_over(answered_) || (waiting == 0 && next == lines_.size())) return;
      BOOST_TEST_REQUIRE((steady_clock::now() < deadline));
    }
  }
  // Sends everything again and checks that the receipts of accepted commands are the same.
  void repeat(const DataDirectory& data) const {
    Producer again(lines_);
    again.send_rest(data, [](size_t) { return false; });
    for (size_t i = 0; i < lines_.size(); ++i)
      if (receipts_[i]->find("\"accepted\"") != std::string::npos)
        BOOST_TEST(*again.receipts_[i] == *receipts_[i]);
      else
        BOOST_TEST(again.receipts_[i]->find("\"unchanged\"") != std::string::npos, *again.receipts_[i]);
  }
  const std::vector<std::optional<std::string>>& receipts() const { return receipts_; }
  size_t answered() const { return answered_; }

 private:
  size_t first_unanswered() const {
    const auto found = std::ranges::find_if(receipts_, [](const auto& receipt) { return !receipt.has_value(); });
    return static_cast<size_t>(found - receipts_.begin());
  }
  void take(size_t at, const std::string& receipt) {
    BOOST_TEST_REQUIRE(!receipts_.at(at).has_value());
    BOOST_TEST(receipt.find("\"refused\"") == std::string::npos, receipt);
    receipts_[at] = receipt;
    ++answered_;
  }
  const std::vector<std::string>& lines_;
  std::vector<std::optional<std::string>> receipts_;
  size_t answered_ = 0;
};

// ---- what must be true afterwards ----

void check_receipts(const Producer& producer, const std::vector<LoggedEvent>& log) {
  for (const auto& receipt : producer.receipts())
    if (receipt) check_receipt(read_row(*receipt), log);
}

void check_verified(const DataDirectory& data) {
  const Ran verified = data.catlog({"verify"});
  BOOST_TEST(verified.exit_code == 0, verified.out << verified.err);
}

void check_same(const Tables& tables, const Tables& expected) {
  for (const auto& [table, rows] : expected) BOOST_TEST((tables.at(table) == rows), table << " differs");
}

// Starts catlogd and kills it somewhere on its way to being ready, or a little later.
void start_in_vain(const DataDirectory& data) {
  run({CATLOG_BIN "/catlogd", "--data", data.path().string()}, {}, milliseconds(1 + up_to(150)));
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

using Report = commandhandler::importing::Report;

Report import(const DataDirectory& data, const fs::path& folder, milliseconds timeout,
              const commandhandler::importing::Progress& progress = {}) {
  commandhandler::Client client(events::endpoint_in(data.path(), "commands.ipc"), {.timeout = timeout});
  return commandhandler::importing::import_tmdb(client, {folder.string()}, progress);
}

size_t accepted_in(const Report& report) {
  size_t count = 0;
  for (const auto& [name, tally] : report.commands) count += tally.accepted;
  return count;
}

void kill_while_importing(const fs::path& folder) {
  Tables expected;
  size_t commands = 0;
  {
    const DataDirectory peaceful(CATLOG_BIN);
    Daemon daemon = peaceful.start();
    import(peaceful, folder, long_enough, [&](size_t done, size_t) { commands = done;
  });
  expected = peaceful.tables(columns_of_one_run());
}
BOOST_TEST_REQUIRE(commands > 500u);

const DataDirectory data(CATLOG_BIN);
const auto enough = steady_clock::now() + longest_killing;
for (size_t kill = 0; kill < import_kills && steady_clock::now() < enough; ++kill) {
  Daemon daemon = data.start();
  const size_t when = up_to(commands * (kill + 1) / import_kills);
  try {
      import(data, folder, milliseconds(500), [&](size_t done, size_t) {
        if (done >= when) daemon.kill();
  });
}
catch (const events::Failure& failure) {
  BOOST_TEST((failure.code() == events::Exit::unreachable));
}
}  // namespace
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
  const auto lines = whole_load();
  Tables expected;
  {
    const DataDirectory peaceful(CATLOG_BIN);
    Daemon daemon = peaceful.start();
    Producer producer(lines);
    producer.send_rest(peaceful, [](size_t) { return false; });
    expected = peaceful.tables(columns_of_one_run());
  }

  const DataDirectory data(CATLOG_BIN);
  Producer producer(lines);
  const auto enough = steady_clock::now() + longest_killing;
  size_t kills = 0;
  for (size_t kill = 0; kill < send_kills && steady_clock::now() < enough; ++kill) {
    start_in_vain(data);
    Daemon daemon = data.start();
    check_receipts(producer, read_log(data));
    const size_t when = producer.answered() + up_to(lines.size() / send_kills / 2);
    std::optional<steady_clock::time_point> at;
    producer.send_rest(data, [&](size_t answered) {
      if (!at && answered >= when) at = steady_clock::now() + microseconds(up_to(3'000));
      if (!at || steady_clock::now() < *at) return false;
      daemon.kill();
      ++kills;
      return true;
    });
  }
  BOOST_TEST_MESSAGE(kills << " kills; " << producer.answered() << " of " << lines.size()
                           << " commands were answered before the last one");
  BOOST_TEST(kills > 0u);

  Daemon daemon = data.start();
  producer.send_rest(data, [](size_t) { return false; });
  producer.repeat(data);
  const auto log = read_log(data);
  check_nothing_doubled(log);
  check_receipts(producer, log);
  check_same(data.tables(columns_of_one_run()), expected);
  check_verified(data);
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(killed_while_it_imports_it_ends_with_the_same_rows) {
  const TemporaryDirectory folder;
  write_documents(folder.path());
  kill_while_importing(folder.path());
}

BOOST_AUTO_TEST_CASE(killed_while_it_imports_recorded_responses_it_ends_with_the_same_rows) {
  const char* fixtures = std::getenv("CATLOG_FIXTURES");
  if (!fixtures) {
    BOOST_TEST_MESSAGE("skipped: CATLOG_FIXTURES names no folder with recorded responses");
    return;
  }
  kill_while_importing(fs::path(fixtures) / "tmdb");
}
