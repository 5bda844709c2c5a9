#include <boost/test/unit_test.hpp>

#include "tests/support/data_directory.h"

// A disk without room, as the handler sees it: less is free than it wants to keep.
namespace {

using namespace catlog::tests;

const std::filesystem::path programs = CATLOG_BIN;
const std::string command = R"({"id":"01936b2e-8c00-7000-8000-000000000001","putGenre":{"tmdbId":18,"name":"Drama"}})"
                            "\n";

Ran catlog(const DataDirectory& data, std::vector<std::string> arguments, std::string_view input = {}) {
  std::vector<std::string> argv{programs / "catlog", "--data", data.path()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run(argv, input);
}

BOOST_AUTO_TEST_CASE(commands_are_refused_below_min_free_bytes_and_the_rest_goes_on) {
  DataDirectory data(programs);
  {
    Daemon full(programs / "catlogd", data.path(), {"--min-free-bytes", "9000000000000000000"});
    const Ran sent = catlog(data, {"send", "-"}, command);
    BOOST_TEST(sent.exit_code == 1);
    BOOST_TEST(sent.out.find("storageFull") != std::string::npos, sent.out);
    BOOST_TEST(sent.out.find("01936b2e-8c00-7000-8000-000000000001") != std::string::npos, sent.out);
    const Ran status = catlog(data, {"status", "--json"});
    BOOST_TEST(status.out.find("\"head\":0") != std::string::npos, status.out);
    BOOST_TEST(status.out.find("\"storageFull\":true") != std::string::npos, status.out);
    BOOST_TEST(catlog(data, {"report", "catalogue"}).exit_code == 0);
    BOOST_TEST(full.terminate() == 0);
  }
  Daemon roomy(programs / "catlogd", data.path());
  const Ran sent = catlog(data, {"send", "-"}, command);
  BOOST_TEST(sent.exit_code == 0);
  BOOST_TEST(sent.out.find("accepted") != std::string::npos, sent.out);
  BOOST_TEST(roomy.terminate() == 0);
}

}  // namespace
