#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "tests/support/bus_peers.h"
#include "tests/support/commands.h"
#include "tests/support/data_directory.h"
#include "tests/support/reader_process.h"

BOOST_AUTO_TEST_SUITE(readers_test)

// A daemon beside programs that read its read model.

using namespace catlog::tests;

namespace {

constexpr int movies_a_time = 500, most_times = 200;

std::string new_movies(int& last) {
  std::string lines;
  for (int i = 0; i < movies_a_time; ++i) lines += movie_fields(++last).as("putMovie") + "\n";
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_reader_whose_transaction_does_not_end_is_named_and_holds_nobody_up) {
  const DataDirectory data(CATLOG_BIN);
  const auto current = data / "readmodel/current.sqlite";
  ReaderProcess reader(current);
  Daemon daemon = data.start({"--wal-limit-bytes", "2097152"});
  const auto first = std::filesystem::canonical(current);
  reader.begin();
  int last = 0;
  for (int i = 0; i < most_times && std::filesystem::canonical(current) == first; ++i) {
    data.out_of({"send", "-"}, new_movies(last));
    data.out_of({"sql", "SELECT 1", "--wait-for", std::to_string(data.head())});
  }
  BOOST_TEST(std::filesystem::canonical(current) != first);
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM movies").front().at("n") == std::to_string(last));

  const std::string named = fmt::format("process {} (", reader.pid());
  const auto by = std::chrono::steady_clock::now() + long_enough;
  std::string status;
  while (!has(status, "1 older file is kept") && std::chrono::steady_clock::now() < by)
    status = data.out_of({"status"});
  BOOST_TEST(has(status, "readers     "), status);
  BOOST_TEST(has(status, named), status);
  BOOST_TEST(has(data.out_of({"status", "--json"}), "\"filesKept\":1"));
  // The line of the log, whole.
  const std::string line = "MiB of at most 2 MiB: " + named;
  BOOST_TEST(has(daemon.err(), line), daemon.err());
  BOOST_TEST(std::filesystem::exists(first));
  reader.end();
  while (std::filesystem::exists(first) && std::chrono::steady_clock::now() < by) {
  }
  BOOST_TEST(!std::filesystem::exists(first));
  while (has(status, named) && std::chrono::steady_clock::now() < by) status = data.out_of({"status"});
  BOOST_TEST(!has(status, "readers     "), status);
  while (!has(daemon.err(), "nobody is in the way") && std::chrono::steady_clock::now() < by) {
  }
  BOOST_TEST(has(daemon.err(), "nobody is in the way of the read model's WAL any more"), daemon.err());
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST(data.out_of({"verify"}) != "");
}

BOOST_AUTO_TEST_SUITE_END()
