#include <boost/test/unit_test.hpp>

#include "commandhandler/keys.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(unseal_test)

namespace {

using namespace catlog;
using namespace catlog::tests;

const std::filesystem::path programs = CATLOG_BIN;

BOOST_AUTO_TEST_CASE(unseal_opens_what_the_keys_of_this_folder_sealed_until_they_are_destroyed) {
  DataDirectory data(programs);
  const auto unseal = [&](const std::string& input) {
    return run({programs / "catlog", "--data", data.path(), "unseal"}, input);
  };
  BOOST_TEST(unseal("sealed:1:x\n").exit_code == 2);  // no keys at all
  commandhandler::Keys keys(data / "keys");
  const auto one = keys.seal(7, "first token"), two = keys.seal(8, "second token");
  keys.sync();
  BOOST_TEST(unseal(one + "\n" + two + "\n").out == "first token\nsecond token\n");
  BOOST_TEST(unseal("no sealed text\n").exit_code == 2);
  std::filesystem::remove_all(data / "keys");
  std::filesystem::create_directory(data / "keys");
  const Ran gone = unseal(one + "\n");
  BOOST_TEST(gone.exit_code == 2);
  BOOST_TEST(gone.err.find("its key is not in this folder") != std::string::npos, gone.err);
}

BOOST_AUTO_TEST_CASE(sql_as_of_a_position_shows_the_tables_of_then) {
  DataDirectory data(programs);
  Daemon daemon(programs / "catlogd", data.path());
  const auto catlog = [&](std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), {programs / "catlog", "--data", data.path()});
    return run(arguments, input);
  };
  catlog({"send"}, "{\"putGenre\":{\"tmdbId\":1,\"name\":\"Then\"}}\n{\"putGenre\":{\"tmdbId\":1,\"name\":\"Now\"}}\n");
  const std::string query = "SELECT name FROM genres";
  BOOST_TEST(catlog({"sql", query, "--format", "json", "--as-of", "1"}).out.find("Then") != std::string::npos);
  BOOST_TEST(catlog({"sql", query, "--format", "json", "--wait-for", "2"}).out.find("Now") != std::string::npos);
  BOOST_TEST(catlog({"sql", query, "--format", "json", "--as-of", "2000-01-01T00:00:00Z"}).out == "[]\n");
  BOOST_TEST(catlog({"sql", query, "--as-of", "3"}).exit_code == 2);
  BOOST_TEST(catlog({"sql", query, "--as-of", "yesterday"}).exit_code == 2);
  BOOST_TEST(daemon.terminate() == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
