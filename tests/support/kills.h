#pragma once
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "store/log.h"
#include "tests/support/chance.h"
#include "tests/support/producer.h"

namespace catlog::tests {

// What a suite of kills draws from, how long it is (CATLOG_KILLS), and its figures: ops/soak shows the line.
class Kills {
 public:
  Kills(const char* suite, size_t short_form) : suite_(suite), wanted_(from_environment("CATLOG_KILLS", short_form)) {
    BOOST_TEST_MESSAGE(suite_ << ": " << wanted_ << " kills, seed " << chance_.seed());
  }
  ~Kills() {
    BOOST_TEST_MESSAGE(
        fmt::format("figures: {}: {} kills at work and {} at a start, {} checks, {} acknowledged commands, in {} of {} "
                    "rounds the log was ahead of the last acknowledgement",
                    suite_, done_, at_start_, checks_, acknowledged_, ahead_, rounds_));
  }
  Chance& chance() { return chance_; }
  size_t wanted() const { return wanted_; }
  size_t done() const { return done_; }
  bool are_over() const { return done_ >= wanted_; }
  // Of a program that was at its work: these are the kills that are wanted.
  void add() { ++done_; }
  // Of a daemon on its way to being ready.
  void add_at_start() { ++at_start_; }
  // Everything was looked at, by other means than check().
  void add_check() { ++checks_; }
  void add_acknowledged(size_t commands) { acknowledged_ += commands; }

  // After a kill, when nobody has the data directory open: nothing of what must hold is broken.
  void check(const std::filesystem::path& data, const Producer& producer) {
    const auto faults = faults_in(data, producer.acknowledged());
    BOOST_TEST_REQUIRE(faults.empty(), fmt::format("CATLOG_SEED={}: {}", chance_.seed(), fmt::join(faults, "\n")));
    BOOST_TEST_REQUIRE(producer.unexpected().empty(), fmt::format("{}", fmt::join(producer.unexpected(), "\n")));
    add_check();
    if (producer.size() == 0) return;  // somebody else sent, and kept the receipts
    ++rounds_;
    if (store::Log::open(data / "log", store::Access::read).head() > producer.last_acknowledged()) ++ahead_;
  }

 private:
  std::string suite_;
  size_t wanted_, done_ = 0, at_start_ = 0, checks_ = 0, acknowledged_ = 0, rounds_ = 0, ahead_ = 0;
  Chance chance_;
};

}  // namespace catlog::tests
