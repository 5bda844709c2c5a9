#include "bin/torrent/transfers.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bin/torrent/budget.h"
#include "bin/torrent/reports.h"
#include "bin/torrent/wishes.h"
#include "events/text/datetime.h"

BOOST_AUTO_TEST_SUITE(transfers_test)

// What the bridge decides, without a log, a network or a file: events, what is seen, and what comes of both.
using namespace catlog::torrent;
using Do = Order::Do;
using What = Report::What;

namespace {

constexpr int64_t second = 1'000'000, hour = 3'600 * second, begun = 1'700'000'000 * second;

// A log of one source and one download, to which events are added.
struct Told {
  Wishes wishes;
  Rules rules;
  Moment moment{.now_us = begun};

  Told() {
    add("movie_sources/7",
        R"({"movieSourceAdded":{"infoHash":"ab","magnetUri":"magnet:?xt=urn:btih:ab","size":1000}})");
  }
  void add(const std::string& stream, const std::string& event) {
    wishes.take("json/" + stream + "/",
                fmt::format(R"({{"recordedAt":"{}","event":{}}})", catlog::events::to_rfc3339(moment.now_us), event));
  }
  void storage(const std::string& event) { add("storage/1", event); }
  void started() { storage(R"({"downloadStarted":{"infoHash":"ab","status":"downloading"}})"); }
  void status(const std::string& name, const std::string& word, const std::string& more = "") {
    storage(fmt::format(R"({{"{}":{{"status":"{}"{}}}}})", name, word, more));
  }
  void figures(double progress, int64_t downloaded, const std::string& phase = "downloading", int64_t uploaded = 0) {
    storage(fmt::format(R"({{"transferReported":{{"downloadProgress":{},"uploadProgress":0,"peers":1,"downloaded":{},)"
                        R"("uploaded":{},"phase":"{}"}}}})",
                        progress, downloaded, uploaded, phase));
  }
  void placed() {
    storage(R"({"storagePlaced":{"directory":"/d","mainFile":"f","mainFileSize":1000,"totalSize":1000}})");
  }
  void whole() {
    started();
    placed();
    figures(1, 1000, "idle");
    status("downloadStatusReported", "completed");
  }
  void later(int64_t by) { moment.now_us += by; }

  Decision with(const std::vector<Seen>& seen = {}) const { return decide(wishes, seen, rules, moment); }
  const Wish& wish() const { return wishes.downloads().at(1); }
};

Seen at(Phase phase, int64_t done = 0, int64_t uploaded = 0) {
  Seen seen;
  seen.hash = "ab";
  seen.phase = phase;
  seen.size = seen.main_size = phase == Phase::metadata ? 0 : 1000;
  seen.done = seen.readable = done;
  seen.uploaded = uploaded;
  seen.directory = "/d";
  seen.main_file = "f";
  return seen;
}

bool orders(const Decision& decision, Do what) { return decision.orders == std::vector<Order>{{what, "ab"}}; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(decisions, Told)

BOOST_AUTO_TEST_CASE(what_is_started_is_added_when_it_is_its_turn) {
  started();
  BOOST_TEST(orders(with(), Do::add));
  rules.active = 0;
  BOOST_TEST(with().orders.empty());
  later(20 * second);
  BOOST_TEST(with().reports.at(0).phase == "queued");
}

BOOST_AUTO_TEST_CASE(nothing_is_said_of_bytes_before_the_check) {
  started();
  later(hour);
  BOOST_TEST(with({at(Phase::checking, 0)}).reports.empty());
  BOOST_TEST(with({at(Phase::metadata)}).reports.at(0).phase == "metadata");
  BOOST_TEST(with({at(Phase::loading, 100)}).reports.at(0).downloaded == 100);
}

BOOST_AUTO_TEST_CASE(what_is_recorded_never_falls_without_a_check_that_the_log_shows) {
  started();
  placed();
  figures(0.5, 500);
  later(hour);
  auto decision = with({at(Phase::loading, 300)});
  BOOST_TEST((decision.reports.at(0).what == What::recheck));
  storage(R"({"recheckStarted":{"phase":"checking"}})");
  BOOST_TEST(orders(with({at(Phase::loading, 300)}), Do::check));
  moment.checks["ab"] = 1;
  BOOST_TEST(with({at(Phase::checking)}).reports.empty());
  decision = with({at(Phase::loading, 300)});
  BOOST_TEST(decision.reports.at(0).downloaded == 300);
  BOOST_TEST(decision.reports.at(0).phase == "downloading");
  figures(0.3, 300);
  BOOST_TEST(with({at(Phase::loading, 300)}).reports.empty());
}

BOOST_AUTO_TEST_CASE(a_report_that_was_on_its_way_ends_no_check_that_has_not_begun) {
  whole();
  moment.checks["ab"] = 0;
  storage(R"({"recheckStarted":{"phase":"checking"}})");
  figures(1, 1000, "idle");
  BOOST_TEST(!wish().is_checking);
  BOOST_TEST(orders(with({at(Phase::whole, 1000)}), Do::check));
  BOOST_TEST(orders(with(), Do::add_unchecked));
  moment.checks["ab"] = 1;
  BOOST_TEST(!orders(with({at(Phase::whole, 1000)}), Do::check));
  // Of an earlier process, which has ended it.
  moment.checks.clear();
  BOOST_TEST(!orders(with({at(Phase::whole, 1000)}), Do::check));
}

BOOST_AUTO_TEST_CASE(one_is_only_what_is_whole) {
  started();
  later(hour);
  auto nearly = at(Phase::loading, 1000);
  BOOST_TEST(with({nearly}).reports.at(0).progress < 1);
  const auto decision = with({at(Phase::whole, 1000)});
  BOOST_TEST(decision.reports.at(0).progress == 1);
  BOOST_TEST((decision.reports.at(0).status == Status::completed));
}

BOOST_AUTO_TEST_CASE(a_whole_download_is_given_to_others_until_it_is_enough_or_long_enough) {
  whole();
  BOOST_TEST(orders(with(), Do::add));
  BOOST_TEST((with({at(Phase::whole, 1000)}).reports.at(0).status == Status::seeding));
  status("downloadStatusReported", "seeding");
  BOOST_TEST(with({at(Phase::whole, 1000, 10)}).reports.empty());
  BOOST_TEST((with({at(Phase::whole, 1000, 1000)}).reports.at(0).status == Status::completed));
  later(25 * hour);
  BOOST_TEST((with({at(Phase::whole, 1000, 10)}).reports.at(0).status == Status::completed));
  rules.seed_percent = 0;
  status("downloadStatusReported", "completed");
  BOOST_TEST(orders(with({at(Phase::whole, 1000)}), Do::drop));
  BOOST_TEST(with().orders.empty());
}

BOOST_AUTO_TEST_CASE(what_is_paused_is_dropped_with_its_last_figures) {
  started();
  placed();
  status("downloadPaused", "paused");
  const auto decision = with({at(Phase::loading, 100)});
  BOOST_TEST(orders(decision, Do::drop));
  BOOST_TEST(decision.reports.at(0).downloaded == 100);
  BOOST_TEST(!decision.reports.at(0).status);
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_with_its_reason_and_only_want_of_room_mends_itself) {
  started();
  auto failed = at(Phase::failed);
  failed.fault = Fault{FaultKind::no_room, "the disk is full: no room for f"};
  const auto decision = with({failed});
  BOOST_TEST((decision.reports.at(0).what == What::failure));
  const auto command = command_of(decision.reports[0], "1");
  BOOST_TEST(command.find(R"("reason":"diskFull: the disk is full: no room for f")") != std::string::npos, command);
  status("downloadFailed", "error", R"(,"failure":"diskFull: the disk is full: no room for f")");
  BOOST_TEST(orders(with({failed}), Do::drop));
  BOOST_TEST(with().reports.empty());
  later(6 * second);
  BOOST_TEST((with().reports.at(0).what == What::resumption));
  moment.free_bytes = 100;
  BOOST_TEST(with().reports.empty());
  moment.free_bytes = UINT64_MAX;
  status("downloadFailed", "error", R"(,"failure":"badTorrent: the torrent has no bytes")");
  later(hour);
  BOOST_TEST(with().reports.empty());
}

BOOST_AUTO_TEST_CASE(removed_files_go_only_when_the_command_said_so) {
  started();
  storage(R"({"storageRemoved":null})");
  BOOST_TEST(orders(with({at(Phase::loading)}), Do::drop));
  started();
  storage(R"({"storageDiscarded":null})");
  BOOST_TEST(orders(with(), Do::remove));
  started();  // again, before the files are gone: first they go
  BOOST_TEST(orders(with(), Do::remove));
  wishes.forget("ab");
  BOOST_TEST(orders(with(), Do::add));
}

BOOST_AUTO_TEST_CASE(a_removal_of_an_earlier_time_removes_nothing) {
  started();
  storage(R"({"storageDiscarded":null})");
  whole();
  rules.seed_percent = 0;
  wishes.forget_all_gone();  // as when all of the log is read at once
  BOOST_TEST(with().orders.empty());
  BOOST_TEST(with().reports.empty());
  storage(R"({"storageDiscarded":null})");
  BOOST_TEST(orders(with(), Do::remove));
}

BOOST_AUTO_TEST_CASE(files_that_somebody_changed_are_looked_through_by_a_command) {
  whole();
  rules.seed_percent = 0;
  moment.touched = {"ab"};
  BOOST_TEST((with().reports.at(0).what == What::recheck));
  storage(R"({"recheckStarted":{"phase":"checking"}})");
  BOOST_TEST(orders(with(), Do::add_unchecked));
  moment.checks["ab"] = 1;
  const auto decision = with({at(Phase::loading, 600)});
  BOOST_TEST((decision.reports.at(0).status == Status::downloading));
  BOOST_TEST(decision.reports.at(0).downloaded == 600);
}

BOOST_AUTO_TEST_CASE(a_quota_removes_what_was_used_longest_ago_and_nothing_in_use) {
  whole();
  rules = {.seed_percent = 0, .quota_bytes = 2'500};
  later(hour);
  for (const int id : {2, 3}) {
    add(fmt::format("storage/{}", id),
        fmt::format(R"({{"downloadStarted":{{"infoHash":"h{}","status":"downloading"}}}})", id));
    add(fmt::format("storage/{}", id),
        R"({"transferReported":{"downloadProgress":1,"uploadProgress":0,"downloaded":1000,"uploaded":0}})");
    add(fmt::format("storage/{}", id), R"({"downloadStatusReported":{"status":"completed"}})");
  }
  later(hour);
  auto decision = with();
  BOOST_TEST_REQUIRE(decision.reports.size() == 1u);
  BOOST_TEST((decision.reports[0].what == What::eviction));
  BOOST_TEST(decision.reports[0].storage == 1);
  moment.open = {"ab"};
  BOOST_TEST(with().reports.at(0).storage == 2);
  moment.open = {"ab", "h2", "h3"};
  BOOST_TEST(with().reports.empty());
  moment.open.clear();
  storage(R"({"storageTouched":{"lastAccess":"2023-11-14T22:13:20Z"}})");
  BOOST_TEST(with().reports.at(0).storage == 2);
}

BOOST_AUTO_TEST_CASE(nothing_is_removed_for_a_download_that_could_not_be_kept) {
  whole();
  rules = {.seed_percent = 0, .quota_bytes = 1'500};
  later(hour);
  const auto want = [&](int id, int size) {
    add(fmt::format("movie_sources/1{}", id),
        fmt::format(R"({{"movieSourceAdded":{{"infoHash":"h{}","magnetUri":"m","size":{}}}}})", id, size));
    add(fmt::format("storage/{}", id),
        fmt::format(R"({{"downloadStarted":{{"infoHash":"h{}","status":"downloading"}}}})", id));
  };
  want(2, 2'500);
  auto decision = with();
  BOOST_TEST(decision.orders.empty());
  BOOST_TEST_REQUIRE(decision.reports.size() == 1u);
  BOOST_TEST((decision.reports[0].what == What::failure));
  BOOST_TEST(decision.reports[0].storage == 2);
  BOOST_TEST(command_of(decision.reports[0], "1").find(R"("reason":"overQuota: it has 2500 bytes)") !=
             std::string::npos);
  add("storage/2", R"({"downloadFailed":{"status":"error","failure":"overQuota: it has 2500 bytes"}})");
  later(hour);
  BOOST_TEST(with().reports.empty());

  // Its source said less than it is.
  want(3, 100);
  auto larger = at(Phase::loading, 300);
  larger.hash = "h3";
  larger.size = 2'000;
  decision = with({larger});
  BOOST_TEST_REQUIRE(decision.reports.size() == 1u);
  BOOST_TEST((decision.reports[0].fault->kind == FaultKind::quota));
  BOOST_TEST(decision.reports[0].storage == 3);
}

BOOST_AUTO_TEST_CASE(room_is_made_for_one_that_waits_at_a_time_and_only_if_it_is_enough) {
  whole();
  rules = {.seed_percent = 0, .quota_bytes = 2'500};
  later(hour);
  const auto evicts = [&](const Decision& decision) {
    return std::any_of(decision.reports.begin(), decision.reports.end(),
                       [](const Report& report) { return report.what == What::eviction; });
  };
  const auto want = [&](int id) {
    add(fmt::format("movie_sources/1{}", id),
        fmt::format(R"({{"movieSourceAdded":{{"infoHash":"h{}","magnetUri":"m","size":1300}}}})", id));
    add(fmt::format("storage/{}", id),
        fmt::format(R"({{"downloadStarted":{{"infoHash":"h{}","status":"downloading"}}}})", id));
  };
  want(2);
  BOOST_TEST(with().orders.size() == 1u);  // both have room
  auto first = at(Phase::loading, 10);
  first.hash = "h2";
  first.size = 1'300;
  BOOST_TEST(!evicts(with({first})));
  want(3);
  BOOST_TEST(!evicts(with({first})));  // it would not begin without the 1000 bytes either
  rules.quota_bytes = 2'700;
  want(4);
  BOOST_TEST(evicts(with({first})));  // for the next, not for both that wait
  rules.active = 1;
  BOOST_TEST(!evicts(with({first})));  // it is not its turn
}

// As it goes: every second some bytes more, each report comes back as its events.
BOOST_AUTO_TEST_CASE(a_download_has_at_most_120_events_however_long_it_takes) {
  for (const int64_t seconds : {10, 600, 36'000, 1'000'000}) {
    Told told;
    told.started();
    for (int64_t i = 1; i <= seconds; i += std::max<int64_t>(1, seconds / 20'000)) {
      told.later(second * std::max<int64_t>(1, seconds / 20'000));
      auto seen = at(i < seconds ? Phase::loading : Phase::whole, 1000 * i / seconds);
      const auto decision = told.with({seen});
      for (const auto& report : decision.reports) {
        if (!told.wish().is_placed) told.placed();
        told.figures(report.progress, report.downloaded, report.phase);
        if (report.status) told.status("downloadStatusReported", std::string(word_of(*report.status)));
      }
    }
    BOOST_TEST(told.wish().events <= events_of_download, seconds);
  }
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_full_again_and_again_stays_within_the_budget) {
  started();
  for (int day = 0; day < 24 * 3600; ++day) {
    later(second);
    for (const auto& report : with().reports) {
      BOOST_TEST_REQUIRE((report.what == What::resumption));
      status("downloadResumed", "downloading");
    }
    if (wish().status == Status::downloading)
      status("downloadFailed", "error", R"(,"failure":"diskFull: the disk is full")");
  }
  BOOST_TEST(wish().events <= events_of_download);
}

BOOST_AUTO_TEST_CASE(a_seed_has_at_most_24_events_a_day_and_its_last_value) {
  rules = {.seed_percent = 100'000, .seed_hours = 1'000};
  whole();
  status("downloadStatusReported", "seeding");
  const uint64_t before = wish().events;
  for (int64_t minute = 1; minute <= 24 * 60; ++minute) {
    later(60 * second);
    for (const auto& report : with({at(Phase::whole, 1000, minute)}).reports)
      figures(1, 1000, report.phase, report.uploaded);
  }
  BOOST_TEST(wish().events - before <= events_of_seed_a_day);
  moment.is_ending = true;
  BOOST_TEST(with({at(Phase::whole, 1000, 5'000)}).reports.at(0).uploaded == 5'000);
}

BOOST_AUTO_TEST_CASE(a_fold_is_kept_as_text_and_comes_back) {
  whole();
  storage(R"({"recheckStarted":{"phase":"checking"}})");
  add("storage/2", R"({"downloadStarted":{"infoHash":"cd","status":"downloading"}})");
  add("storage/2", R"({"storageDiscarded":null})");
  const Cursor cursor{"log", 42, "command"};
  const auto text = text_of(wishes, cursor);
  const auto kept = read_kept(text);
  BOOST_TEST_REQUIRE(kept.has_value());
  BOOST_TEST(text_of(kept->wishes, kept->cursor) == text);
  for (const char* broken : {"", "{}", "[]", R"({"form":2})"}) BOOST_TEST(!read_kept(broken).has_value(), broken);
  for (size_t end = 0; end + 2 < text.size(); ++end) BOOST_TEST_REQUIRE(!read_kept(text.substr(0, end)).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_event_changes_nothing) {
  whole();
  const auto before = text_of(wishes, {});
  for (const char* record : {"", "{", "[]", R"({"event":{}})", R"({"event":null})"})
    wishes.take("json/storage/1/", record);
  add("movies/1", R"({"movieRated":{"rating":6}})");
  add("movie_sources/9", R"({"swarmObserved":{"seeds":3}})");
  BOOST_TEST(text_of(wishes, {}) == before);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
