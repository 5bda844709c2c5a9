#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "tests/support/commands.h"
#include "tests/support/data_directory.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torrents/torrents.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(wrong_clock_test)

// The clock is compared with what is known of time; it is not moved here, but what is known; but for one daemon, whose
// own clock is.
using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr int64_t day_us = 24LL * 3600 * 1'000'000;

std::string list(const char* name) {
  return fmt::format("{{\"createMediaList\":{{\"name\":\"{}\",\"description\":\"\"}}}}\n", name);
}
std::string token_until(int64_t us, const char* token = "hunter2") {
  return token_fields("ada", token).with("expiresAt", json_text(events::to_rfc3339(us))).as("issueRefreshToken") + "\n";
}
std::string expire() { return "{\"expireRefreshTokens\":{}}\n"; }

struct Catalogue {
  DataDirectory data{CATLOG_BIN};

  // By the note that a daemon left.
  void know(int64_t us) const {
    BOOST_TEST(data.start().terminate() == 0);
    std::ofstream(data / "run/known-time") << events::to_rfc3339(us) << '\n';
  }
  std::string fault() const { return read_row(read_row(data.out_of({"status", "--json"})).at("clock")).at("fault"); }
  int64_t recorded_us() const {
    const std::string text = read_row(data.out_of({"status", "--json"})).at("recordedAt");
    return events::parse_rfc3339(text.substr(1, text.size() - 2)).value();
  }
};

// The clock of programs that are started while this lives (tests/support/clock).
class MovedClock {
 public:
  explicit MovedClock(const fs::path& file) : file_(file) {
    BOOST_REQUIRE(fs::exists(library));
    move(0);
    ::setenv("CATLOG_TEST_CLOCK", file_.c_str(), 1);
    ::setenv("LD_PRELOAD", library, 1);
  }
  MovedClock(const MovedClock&) = delete;
  ~MovedClock() {
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("CATLOG_TEST_CLOCK");
  }
  void move(int64_t seconds) const {
    std::fstream out(file_, std::ios::binary | std::ios::in | std::ios::out);  // it is mapped: in place
    if (!out) out.open(file_, std::ios::binary | std::ios::out);
    out.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
  }

 private:
  static constexpr const char* library = CATLOG_BIN "/libcatlog_moved_clock.so";
  fs::path file_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wrong_clock, Catalogue)

// As a machine that boots with a clock ten years ahead.
BOOST_AUTO_TEST_CASE(a_start_with_a_clock_far_ahead_dates_and_expires_nothing) {
  const int64_t known_us = events::now_us() - 3'650 * day_us;
  know(known_us);
  {
    Daemon daemon = data.start();
    const Ran sent = data.catlog(
        {"send", "-"}, user_fields("ada").as("registerUser") + "\n" + token_until(known_us + 100 * day_us) + expire());
    BOOST_TEST(has(sent.err, "2 accepted, 1 unchanged, 0 refused"), sent.err);
    BOOST_TEST(recorded_us() < known_us + day_us);
    BOOST_TEST(has(fault(), "3650 days ahead of the time known"), fault());
    BOOST_TEST(has(data.out_of({"status"}), "clock       the clock of this machine says"));
    BOOST_TEST(has(data.out_of({"status", "--json"}), "\"clockRefused\":true"));
    BOOST_TEST(daemon.terminate() == 0);
    BOOST_TEST(has(daemon.err(), "3650 days ahead of the time known"), daemon.err());
  }
  // A second start with the same clock moves nothing either; only an operator's word does.
  {
    Daemon daemon = data.start();
    BOOST_TEST(has(data.catlog({"send", "-"}, expire()).err, "0 accepted, 1 unchanged, 0 refused"));
    BOOST_TEST(daemon.terminate() == 0);
  }
  Daemon daemon = data.start({"--clock-is-right"});
  BOOST_TEST(fault() == "null");
  BOOST_TEST(has(data.catlog({"send", "-"}, expire()).err, "1 accepted"));
  BOOST_TEST(recorded_us() > events::now_us() - day_us);
}

BOOST_AUTO_TEST_CASE(a_catalogue_that_was_off_for_a_month_starts_without_a_word) {
  know(events::now_us() - 31 * day_us);
  Daemon daemon = data.start();
  data.out_of({"send", "-"}, list("a"));
  BOOST_TEST(fault() == "null");
  BOOST_TEST(recorded_us() > events::now_us() - day_us);
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST(!has(daemon.err(), "clock"), daemon.err());
}

// As a log of which a part was written with a clock ten years ahead, or a machine whose clock is behind.
BOOST_AUTO_TEST_CASE(a_log_ahead_of_the_clock_is_told_and_expires_nothing_early) {
  const int64_t ahead_us = 3'650 * day_us;
  {
    WriteSide side;
    side.date_ahead_by(ahead_us);
    side.accept(user_fields("ada").as("registerUser"));
    fs::copy(side.directory() / "log", data / "log");
  }
  Daemon daemon = data.start();
  BOOST_TEST(has(daemon.err(), "days ahead of the clock of this machine"), daemon.err());
  BOOST_TEST(has(fault(), "days ahead of the clock of this machine"), fault());
  const int64_t before_us = recorded_us();
  const Ran sent = data.catlog({"send", "-"}, token_until(events::now_us() + 365 * day_us) + expire() +
                                                  token_until(events::now_us() - day_us, "hunter2-over") + expire());
  BOOST_TEST(has(sent.err, "1 unchanged"), sent.err);
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM refresh_tokens").at(0).at("n") == "1");
  BOOST_TEST(recorded_us() == before_us);  // never decreases
}

// A clock that was set back, and then far ahead: the second is another fault, with other words of what to do.
BOOST_AUTO_TEST_CASE(each_fault_of_a_clock_is_told_when_it_takes_the_place_of_another) {
#ifdef CATLOG_SANITIZE
  BOOST_TEST_MESSAGE("not tried: the sanitizers' own library must be the first");
#else
  const TemporaryDirectory folder;
  std::optional<MovedClock> clock(std::in_place, folder / "clock");
  Daemon daemon = data.start();
  data.out_of({"send", "-"}, list("a"));
  const auto tells = [&](std::string_view words) {
    return comes_true([&] { return has(daemon.err(), words); }, std::chrono::seconds(60));
  };
  constexpr int64_t day_s = day_us / 1'000'000;
  for (const auto& [seconds, words] : {std::pair{-day_s, "ahead of the clock of this machine"},
                                       {day_s, "is not believed"},
                                       {0, "the clock of this machine and the log agree again"}}) {
    clock->move(seconds);
    BOOST_TEST(tells(words), words << " in " << daemon.err());
  }
  BOOST_TEST(daemon.terminate() == 0);
#endif
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
