#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include "tests/support/data_directory.h"

// A log/ that is not there (not mounted, cut out of a restore) was once replaced by an empty one without a word.
namespace {

using namespace catlog::tests;
namespace fs = std::filesystem;

const fs::path programs = CATLOG_BIN;

Ran start_in_vain(const DataDirectory& data, std::vector<std::string> more = {}) {
  std::vector<std::string> argv{programs / "catlogd", "--data", data.path()};
  argv.insert(argv.end(), more.begin(), more.end());
  return run(argv);
}

BOOST_AUTO_TEST_CASE(a_missing_log_is_not_begun_anew_beside_what_was_made_from_it) {
  DataDirectory data(programs);
  { BOOST_TEST(Daemon(programs / "catlogd", data.path()).terminate() == 0); }
  fs::rename(data / "log", data / "elsewhere");
  const Ran refused = start_in_vain(data);
  BOOST_TEST(refused.exit_code == 5);
  BOOST_TEST(refused.err.find("bring log/ back") != std::string::npos, refused.err);
  BOOST_TEST(refused.out.find("ready") == std::string::npos);
  BOOST_TEST(!fs::exists(data / "log/data.mdb"));
  fs::rename(data / "elsewhere", data / "log");
  BOOST_TEST(Daemon(programs / "catlogd", data.path()).terminate() == 0);
}

BOOST_AUTO_TEST_CASE(a_restore_that_was_cut_is_not_taken_for_an_empty_directory) {
  DataDirectory data(programs);
  fs::create_directories(data / "log.restoring");
  const Ran refused = start_in_vain(data);
  BOOST_TEST(refused.exit_code == 5);
  BOOST_TEST(refused.err.find("catlog restore") != std::string::npos, refused.err);
  BOOST_TEST(!fs::exists(data / "log/data.mdb"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // where those tell of the signal themselves
// LMDB reads beyond the end of a file that was cut.
BOOST_AUTO_TEST_CASE(a_cut_log_is_told_as_damage_by_whoever_reads_it) {
  DataDirectory data(programs);
  {
    Daemon daemon(programs / "catlogd", data.path());
    std::string commands;
    for (int i = 1; i <= 200; ++i) commands += "{\"putGenre\":{\"tmdbId\":" + std::to_string(i) + ",\"name\":\"g\"}}\n";
    data.out_of({"send", "-"}, commands);
    BOOST_TEST(daemon.terminate() == 0);
  }
  fs::resize_file(data / "log/data.mdb", 40'000);
  for (const Ran& ran : {data.catlog({"status"}), data.catlog({"log"}), start_in_vain(data)}) {
    BOOST_TEST(ran.exit_code == 5, ran.err);
    BOOST_TEST(ran.err.find("catlog") != std::string::npos, ran.err);
    BOOST_TEST(ran.err.find("amage") != std::string::npos, ran.err);
  }
}
#endif

BOOST_AUTO_TEST_CASE(a_configuration_that_is_not_understood_is_wrong_use) {
  DataDirectory data(programs);
  std::ofstream(data / "catlog.toml") << "nosuch = 1\n";
  BOOST_TEST(start_in_vain(data, {"--config", data / "catlog.toml"}).exit_code == 2);
  BOOST_TEST(start_in_vain(data, {"--min-free-bytes", "-1"}).exit_code == 2);
}

}  // namespace
