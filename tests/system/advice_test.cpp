#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

#include "tests/support/data_directory.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(advice_test)

using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr const char* genre = R"({"putGenre":{"tmdbId":16,"name":"Animation"}})";

// Types what a person would: where the person stands decides which data directory is meant without --data.
struct Person {
  TemporaryDirectory here;

  Ran types(const std::string& line) const {
    return run({"/bin/sh", "-c", "cd '" + here.path().string() + "' && PATH='" CATLOG_BIN "':$PATH && " + line});
  }
  // The command that a message advises, as it is printed.
  Ran follows(const std::string& message) const {
    const size_t begin = message.find("`catlog ");
    BOOST_TEST_REQUIRE(begin != message.npos, message);
    return types(message.substr(begin + 1, message.find('`', begin + 1) - begin - 1));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(advice, Person)

BOOST_AUTO_TEST_CASE(advised_commands_work_as_they_are_printed_in_another_directory) {
  const DataDirectory data(CATLOG_BIN);
  {
    Daemon daemon = data.start();
    data.out_of({"send"}, genre);
    BOOST_TEST(daemon.terminate() == 0);
  }
  fs::remove_all(data / "readmodel");
  const Ran without = data.catlog({"verify"});
  BOOST_TEST(without.exit_code == 1, without.out << without.err);
  BOOST_TEST(has(without.out, "`catlog rebuild --data " + data.path().string() + "`"), without.out);
  const Ran rebuilt = follows(without.out);
  BOOST_TEST(rebuilt.exit_code == 0, rebuilt.err);
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");
  const Ran back = data.catlog({"rebuild", "--back"});
  BOOST_TEST(back.exit_code == 1, back.err);
  BOOST_TEST(follows(back.err).exit_code == 0, back.err);
  BOOST_TEST(!fs::exists(here / "catlog-data"));
}

BOOST_AUTO_TEST_CASE(advice_about_keys_works_in_a_directory_that_wants_quotes) {
  const fs::path data = here / "it's ours";
  fs::create_directory(data);
  const auto bus_keys = [&](const std::string& words) {
    return types("catlog --data \"" + data.string() + "\" bus-keys " + words);
  };
  BOOST_TEST(bus_keys("new n1 --role producer").exit_code == 0);
  const Ran again = bus_keys("new n1 --role producer");
  BOOST_TEST(again.exit_code == 2, again.err);
  const Ran rotated = follows(again.err);
  BOOST_TEST(rotated.exit_code == 0, again.err << rotated.err);
  BOOST_TEST(fs::exists(here / "n1-2.key"));
  const Ran revoked = follows(rotated.err);
  BOOST_TEST(revoked.exit_code == 0, rotated.err << revoked.err);
  const Ran unknown = bus_keys("role nobody admin");
  BOOST_TEST(unknown.exit_code == 2, unknown.err);
  const Ran listed = follows(unknown.err);
  BOOST_TEST(listed.exit_code == 0, unknown.err << listed.err);
  BOOST_TEST(has(listed.out, "n1"), listed.out);
}

BOOST_AUTO_TEST_CASE(the_directory_that_is_meant_anyway_is_not_named) {
  const DataDirectory data(CATLOG_BIN);
  { Daemon daemon = data.start(); }
  fs::create_directory_symlink(data.path(), here / "catlog-data");
  const Ran none = types("catlog group show nobody");
  BOOST_TEST(none.exit_code == 2, none.err);
  BOOST_TEST(has(none.err, "`catlog group list`"), none.err);
  const Ran named = data.catlog({"group", "show", "nobody"});
  BOOST_TEST(has(named.err, "`catlog group list --data " + data.path().string() + "`"), named.err);
  BOOST_TEST(follows(named.err).exit_code == 0, named.err);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
