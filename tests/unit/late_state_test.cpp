#include "bin/daemon/late_state.h"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "tests/support/bus_peers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(late_state_test)

// What the state says is asked for itself: whoever tells names reads the log for what is not known.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using events::Entity;
using events::KnownKey;
using events::NaturalKey;

namespace {

struct Fixture {
  WriteSide side;
  TemporaryDirectory directory;
  const fs::path state = directory / "state";

  void put_movie(int tmdb_id) {
    side.accept(fmt::format(
        R"({{"putMovie":{{"tmdbId":{},"title":"M","overview":"","releaseDate":"","poster":"","backdrop":""}}}})",
        tmdb_id));
    side.flush_state();
  }
  // A state folder as it is now, in the place of one that is there. LMDB opens one only once in a process.
  void place() {
    fs::remove_all(state);
    fs::create_directories(state);
    fs::copy(side.directory() / "state" / "data.mdb", state / "data.mdb");
  }
  events::KnownKeys late() { return late_keys(state, side.log().id()); }
};

// Within the time in which it looks again.
bool comes_to(const events::KnownKeys& keys, int64_t id, const NaturalKey& wanted) {
  const auto by = std::chrono::steady_clock::now() + long_enough;
  while (keys(Entity::MOVIE, id).key != wanted && std::chrono::steady_clock::now() < by) std::this_thread::yield();
  return keys(Entity::MOVIE, id).key == wanted;
}

NaturalKey tmdb(int64_t id) { return {{id}}; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(late_state, Fixture)

BOOST_AUTO_TEST_CASE(a_state_that_is_there_is_asked) {
  put_movie(603);
  place();
  const auto keys = late();
  const KnownKey known = keys(Entity::MOVIE, 1);
  BOOST_TEST((known.key == tmdb(603)));
  BOOST_TEST(known.at == side.log().head());
  BOOST_TEST(!keys(Entity::MOVIE, 2).key.has_value());
  BOOST_TEST(keys(Entity::MOVIE, 2).at == side.log().head());
}

BOOST_AUTO_TEST_CASE(without_a_state_nothing_is_known_until_there_is_one) {
  put_movie(603);
  const auto keys = late();
  BOOST_TEST(!keys(Entity::MOVIE, 1).key.has_value());
  BOOST_TEST(keys(Entity::MOVIE, 1).at == 0u);
  place();
  BOOST_TEST(comes_to(keys, 1, tmdb(603)));
}

BOOST_AUTO_TEST_CASE(a_state_that_was_made_anew_is_asked_from_then_on) {
  put_movie(603);
  place();
  const auto keys = late();
  BOOST_TEST((keys(Entity::MOVIE, 1).key == tmdb(603)));
  put_movie(604);
  place();
  BOOST_TEST(comes_to(keys, 2, tmdb(604)));
  BOOST_TEST(keys(Entity::MOVIE, 2).at == side.log().head());
}

BOOST_AUTO_TEST_CASE(the_state_of_another_log_tells_nothing) {
  put_movie(603);
  place();
  const auto keys = late_keys(state, WriteSide().log().id());
  BOOST_TEST(!keys(Entity::MOVIE, 1).key.has_value());
  BOOST_TEST(keys(Entity::MOVIE, 1).at == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
