#include <boost/test/unit_test.hpp>

#include <string>

#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(protocol_test)

using namespace catlog::tests;

namespace {

// A Python that has pyzmq; empty when there is none.
std::string python_with_zmq() {
  for (const char* python : {"/usr/bin/python3", "python3"})
    if (run({"/usr/bin/env", python, "-c", "import zmq"}).exit_code == 0) return python;
  return {};
}

}  // namespace

// producer.py is written from events/PROTOCOL.md alone.
BOOST_AUTO_TEST_CASE(somebody_with_pyzmq_and_a_json_parser_gets_by_with_the_document) {
  const std::string python = python_with_zmq();
  if (python.empty()) {
    BOOST_TEST_MESSAGE("not tried: no Python here can import zmq");
    return;
  }
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  const Ran ran = run({"/usr/bin/env", python, CATLOG_SOURCE "/tests/system/producer.py", data.path().string()});
  BOOST_TEST_REQUIRE(ran.exit_code == 0, ran.err);
  const Row found = read_row(ran.out);
  // movies/1 described and rated, a genre, movies/2 described, movies/1 rated.
  BOOST_TEST(
      found.at("live") ==
      R"([["json/movies/1/",1,0,0],["json/movies/1/",2,1,1],["json/movies/2/",4,2,0],["json/movies/1/",5,4,2]])");
  BOOST_TEST(found.at("title") == "\"café 😀\"");
  BOOST_TEST(found.at("reused") == "\"commandIdReused\"");
  BOOST_TEST(found.at("gapSeen") == "true");
  BOOST_TEST(found.at("fetched") == "[6,7,8,9]");
  BOOST_TEST(found.at("everything") == "[1,2,3,4,5,6,7,8,9]");
  BOOST_TEST((read_row(found.at("refusals")) == Row{{"blank", "\"invalid\""},
                                                    {"large", "\"tooLarge\""},
                                                    {"missing", "\"notFound\""},
                                                    {"noId", "\"malformed\""},
                                                    {"stale", "\"versionConflict\""},
                                                    {"unknownField", "\"malformed\""}}),
             found.at("refusals"));
  BOOST_TEST(found.at("replayRefusal") == "true");
  BOOST_TEST(found.at("logId") == read_row(data.out_of({"status", "--json"})).at("logId"));
  const Row movie = data.rows("SELECT title, popularity FROM movies WHERE tmdbId = 1").at(0);
  BOOST_TEST(movie.at("title") == "\"café 😀\"");
  BOOST_TEST(movie.at("popularity") == "5");
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");
  BOOST_TEST(daemon.terminate() == 0);
}

// The two programs in events/PROTOCOL.md, as they stand there.
BOOST_AUTO_TEST_CASE(the_documents_programs_get_by_with_a_daemon_that_is_killed) {
  const std::string python = python_with_zmq();
  if (python.empty()) {
    BOOST_TEST_MESSAGE("not tried: no Python here can import zmq");
    return;
  }
  const DataDirectory data(CATLOG_BIN);
  const Ran ran = run({"/usr/bin/env", python, CATLOG_SOURCE "/tests/system/samples.py",
                       CATLOG_SOURCE "/events/PROTOCOL.md", CATLOG_BIN, data.path().string()});
  BOOST_TEST(ran.exit_code == 0, ran.out << ran.err);
}

BOOST_AUTO_TEST_CASE(each_refusal_comes_of_the_documents_example) {
  const std::string python = python_with_zmq();
  if (python.empty()) {
    BOOST_TEST_MESSAGE("not tried: no Python here can import zmq");
    return;
  }
  const DataDirectory data(CATLOG_BIN), full(CATLOG_BIN), keyed(CATLOG_BIN);
  Daemon daemon = data.start(), without_room = full.start({"--min-free-bytes", "1000000000000000000"}),
         with_keys = keyed.start({"--require-keys"});
  const Ran ran =
      run({"/usr/bin/env", python, CATLOG_SOURCE "/tests/system/refusals.py", CATLOG_SOURCE "/events/PROTOCOL.md",
           data.path().string(), full.path().string(), keyed.path().string()});
  BOOST_TEST(ran.exit_code == 0, ran.out << ran.err);
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST(with_keys.terminate() == 0);
  BOOST_TEST(without_room.terminate() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
