#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bin/housekeeping/keeper.h"
#include "bin/housekeeping/sweeps.h"
#include "events/text/datetime.h"
#include "tests/support/backups.h"
#include "tests/support/commands.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(housekeeping_test)

namespace {

using namespace catlog;
using namespace catlog::housekeeping;
using namespace catlog::tests;

constexpr int64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr int64_t begin_us = 1'790'000'000'000'000;

// A task that does what it is told, and says when it ran.
class Told : public Task {
 public:
  using Do = std::function<Outcome(int64_t)>;
  Told(const char* name, Do what) : name_(name), what_(std::move(what)) {}
  const char* name() const override { return name_; }
  Outcome run(int64_t now_us) override { return what_(now_us); }

 private:
  const char* name_;
  Do what_;
};

struct House {
  TemporaryDirectory folder;
  std::vector<std::string> ran, told;
  Outcome outcome{End::done, "well"};

  Chore chore(const char* name, const char* time) {
    auto run = [this, name](int64_t) {
      ran.emplace_back(name);
      return outcome;
    };
    return {std::make_unique<Told>(name, run), Timetable::parse(time, Zone::utc)};
  }
  std::unique_ptr<Keeper> keeper(int64_t now_us, const char* backup = "02:30", const char* expire = "1h") {
    std::vector<Chore> chores;
    chores.push_back(chore("expire-tokens", expire));
    chores.push_back(chore("backup", backup));
    const auto tell = [this](const std::string& words) { told.push_back(words); };
    return std::make_unique<Keeper>(file(), std::move(chores), now_us, Tell{tell, tell});
  }
  std::filesystem::path file() const { return folder / "housekeeping.json"; }
  size_t count(const std::string& name) const { return static_cast<size_t>(std::ranges::count(ran, name)); }
};

// Looks as the loop does, from one moment on for so long; returns when it stopped.
int64_t look_for(Keeper& keeper, int64_t now_us, int64_t duration_us) {
  for (const int64_t end_us = now_us + duration_us; now_us < end_us;) {
    const auto next = keeper.look(now_us);
    now_us += std::clamp<int64_t>(next.value_or(INT64_MAX) - now_us, 0, 30 * minute);
  }
  return now_us;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(record_of_tasks, House)

BOOST_AUTO_TEST_CASE(a_year_of_it_runs_each_task_as_often_as_its_timetable_has_moments) {
  auto all = keeper(begin_us, "02:30", "7d");  // each run is a write to the disk
  look_for(*all, begin_us, 365 * day);
  BOOST_TEST(count("backup") == 365u);
  BOOST_TEST(count("expire-tokens") == 53u);
  BOOST_TEST(all->counters()[1]->runs == 365u);
  BOOST_TEST(all->counters()[1]->failed_runs == 0u);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(a_restart_forgets_nothing_and_catches_up_once) {
  int64_t now = look_for(*keeper(begin_us), begin_us, 3 * day);
  const size_t made = count("backup");
  BOOST_TEST(made == 3u);
  now += minute;
  keeper(now)->look(now);
  BOOST_TEST(count("backup") == made);  // it is not due again
  now += 20 * day;
  look_for(*keeper(now), now, minute);
  BOOST_TEST(count("backup") == made + 1);
  std::string fault;
  const Record record = read_record(file(), fault);
  BOOST_TEST(fault.empty());
  BOOST_TEST_REQUIRE(record.size() == 2u);
  BOOST_TEST(record[1].task == "backup");
  BOOST_TEST(record[1].result == "well");
  BOOST_TEST((record[1].history.success_us == now));
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_once_and_so_is_its_end) {
  auto all = keeper(begin_us, "02:30", "30d");
  outcome = {End::failed, "no room\n\x1b[31m"};
  const int64_t now = look_for(*all, begin_us, 4 * day);
  BOOST_TEST(count("backup") > 8u);
  BOOST_TEST(count("backup") < 40u);
  BOOST_TEST(all->record()[1].is_failing());
  BOOST_TEST(all->record()[1].failure == "no room  [31m");
  BOOST_TEST(is_overdue(all->record()[1], now));
  BOOST_TEST(all->counters()[1]->failures_in_a_row == all->record()[1].history.failures);
  outcome = {End::done, "well"};
  look_for(*all, now, day);
  BOOST_TEST(!all->record()[1].is_failing());
  BOOST_TEST(!is_overdue(all->record()[1], now + day));
  // Of the other task too, which ran once.
  BOOST_TEST(std::ranges::count(told, "housekeeping: backup failed, and is tried again: no room  [31m") == 1);
  BOOST_TEST(std::ranges::count(told, "housekeeping: backup succeeds again: well") == 1);
  BOOST_TEST(told.size() == 4u);
}

BOOST_AUTO_TEST_CASE(what_throws_has_failed_and_what_is_stopped_has_not_run) {
  std::vector<Chore> chores;
  chores.push_back({std::make_unique<Told>("throws", [](int64_t) -> Outcome { throw events::StorageFull("no space"); }),
                    Timetable::parse("1h", Zone::utc)});
  chores.push_back({std::make_unique<Told>("stops",
                                           [](int64_t) {
                                             return Outcome{End::stopped, {}};
                                           }),
                    Timetable::parse("1h", Zone::utc)});
  Keeper all(file(), std::move(chores), begin_us, {});
  all.look(begin_us);
  all.look(begin_us);
  BOOST_TEST(all.record()[0].failure == "no space");
  BOOST_TEST(!all.record()[1].history.run_us);
  BOOST_TEST((all.record()[1].next_us == begin_us));
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_runs_nothing_twice_and_puts_nothing_off) {
  auto all = keeper(begin_us);
  int64_t now = look_for(*all, begin_us, 2 * day);
  BOOST_TEST(count("backup") == 2u);
  look_for(*all, now + 3650 * day, 2 * minute);  // the wrong clock runs what is due then
  BOOST_TEST(count("backup") == 3u);
  now = look_for(*all, now, day);  // set right
  BOOST_TEST(count("backup") == 4u);
  auto restarted = keeper(now - day);
  look_for(*restarted, now - day, day);
  BOOST_TEST(count("backup") >= 4u);
  BOOST_TEST(count("backup") <= 5u);
}

BOOST_AUTO_TEST_CASE(a_task_that_is_off_never_runs_and_comes_back_with_what_is_known_of_it) {
  look_for(*keeper(begin_us, "02:30", "7d"), begin_us, 2 * day);
  auto off = keeper(begin_us + 2 * day, "off", "7d");
  look_for(*off, begin_us + 2 * day, 10 * day);
  BOOST_TEST(count("backup") == 2u);
  BOOST_TEST(!off->record()[1].next_us);
  BOOST_TEST(!is_overdue(off->record()[1], begin_us + 12 * day));
  BOOST_TEST(off->counters()[1]->next_run_us == 0);
  off.reset();
  auto on = keeper(begin_us + 12 * day, "02:30", "7d");
  BOOST_TEST(on->record()[1].result == "well");
  look_for(*on, begin_us + 12 * day, minute);
  BOOST_TEST(count("backup") == 3u);
}

BOOST_AUTO_TEST_CASE(a_record_that_is_none_is_told_and_made_anew) {
  for (const char* bad : {"", "{", "[]", R"({"format":2,"tasks":[]})", R"({"format":1,"tasks":[{}]})",
                          R"({"format":1,"tasks":[{"task":"backup","timetable":"02:30","zone":"utc","since":"today",)"
                          R"("failuresInARow":0,"unfinished":false,"tookMs":0}]})"}) {
    write_bytes(file(), bad);
    told.clear();
    auto all = keeper(begin_us);
    BOOST_TEST(told.size() == 1u, bad);
    std::string fault;
    BOOST_TEST((read_record(file(), fault) == all->record()), bad);
    BOOST_TEST(fault.empty());
  }
  std::filesystem::remove(file());
  BOOST_TEST_REQUIRE(::mkfifo(file().c_str(), 0600) == 0);
  told.clear();
  keeper(begin_us);
  BOOST_TEST(told.size() >= 1u);  // and nobody waits for its other end
}

BOOST_AUTO_TEST_CASE(words_are_kept_short_and_on_one_line) {
  BOOST_TEST(kept_words("one\ntwo\x1b") == "one two ");
  std::string many;
  while (many.size() < 2'000) many += "ä";
  const std::string kept = kept_words(many);
  BOOST_TEST(kept.size() <= max_words_bytes);
  BOOST_TEST(kept_words(kept) == kept);
  BOOST_TEST(kept.ends_with("ä …"));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

// The handler, called as a function.
class Direct : public Commands {
 public:
  explicit Direct(WriteSide& side) : side_(side) {}
  Answer send(std::string_view command) override {
    ++sent;
    const auto receipt = side_.send(command);
    if (receipt.verdict == events::Receipt::Verdict::unchanged) return {Verdict::unchanged, 0, {}};
    if (receipt.verdict == events::Receipt::Verdict::refused) return {Verdict::refused, 0, receipt.refusal.message};
    return {Verdict::accepted, receipt.effect.last - receipt.effect.first + 1, {}};
  }
  std::string clock_fault() override { return fault; }

  size_t sent = 0;
  std::string fault;

 private:
  WriteSide& side_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sweeps, Catalogue)

BOOST_AUTO_TEST_CASE(tokens_that_have_expired_go_as_a_service_does_it) {
  std::vector<std::string> tokens;
  for (int number = 0; number < 1'500; ++number)
    tokens.push_back(token_fields("ada", fmt::format("hunter2-{}", number))
                         .with("expiresAt", number < 1'200 ? "\"2026-01-01T00:00:00Z\"" : "\"2090-01-01T00:00:00Z\"")
                         .as("issueRefreshToken"));
  accept(batch_of(tokens));
  Direct commands(*this);
  ExpireTokens task(commands);
  const auto first = task.run(now_us());
  BOOST_TEST((first.end == End::done));
  BOOST_TEST(first.words == "1202 events");  // an audit row for each command
  BOOST_TEST(commands.sent == 3u);
  BOOST_TEST(task.run(now_us()).words == "no token had expired");
  const auto last = log().snapshot().read(log().head());
  const events::RecordView record(last);
  BOOST_TEST(std::string(record.root().getActor().getUserAgent().cStr()).starts_with(service_name));
  BOOST_TEST(std::string(record.root().getCorrelationId().cStr()) == "housekeeping/expire-tokens");
}

BOOST_AUTO_TEST_CASE(audit_rows_are_kept_as_long_as_their_severity_says) {
  const Fields row{{"action", "\"LOGIN\""}, {"severity", "\"INFO\""}};
  for (const char* severity : {"\"INFO\"", "\"WARNING\"", "\"CRITICAL\""})
    for (int number = 0; number < 3; ++number) accept(row.with("severity", severity).as("recordAudit"));
  Direct commands(*this);
  PurgeAudit task(commands, {{"INFO", 30}, {"WARNING", 90}});
  BOOST_TEST(task.run(now_us() + 30 * day - hour).words == "no row was old enough");
  // What is asked for is in the past of this handler, whose time stands still.
  PurgeAudit at_once(commands, {{"INFO", 0}, {"WARNING", 0}});
  BOOST_TEST(at_once.run(now_us()).words == "6 rows of INFO, 3 rows of WARNING");
  BOOST_TEST(at_once.run(now_us()).words == "no row was old enough");
  // A clock that is ahead: refused by the handler, and said.
  BOOST_TEST((at_once.run(now_us() + day).end == End::failed));
  commands.fault = "the clock is not believed";
  commands.sent = 0;
  BOOST_TEST(at_once.run(now_us()).words == commands.fault);
  BOOST_TEST(commands.sent == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
