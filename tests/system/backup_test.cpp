#include <boost/test/unit_test.hpp>

#include <atomic>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "events/bus/bus.h"
#include "events/client/subscriber.h"
#include "projector/quarantine/quarantine.h"
#include "tests/support/backups.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(backup_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

const fs::path programs = CATLOG_BIN;
constexpr std::chrono::milliseconds long_enough{60'000};

// The same number gives the same command, with the same id.
std::string put_genre(uint64_t number) {
  return fmt::format(R"({{"id":"01936b2e-8c00-7000-8000-{:012x}","putGenre":{{"tmdbId":{},"name":"Genre {}"}}}})",
                     number, 1 + number % 50, number);
}

std::string put_genres(uint64_t from, uint64_t to) {
  std::string lines;
  for (uint64_t number = from; number <= to; ++number) lines += put_genre(number) + "\n";
  return lines;
}

uint64_t number_in(const Row& row, const char* name) { return std::stoull(row.at(name)); }
std::string text_in(const Row& row, const char* name) {
  const std::string& json = row.at(name);
  return json.substr(1, json.size() - 2);
}

// A data directory, its backup, and a place to restore into.
struct House {
  TemporaryDirectory folder;
  DataDirectory data{programs}, back{programs};
  std::string backup = folder / "backup";

  Row back_up(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"backup", backup});
    return read_row(data.out_of(more));
  }
  Row restore(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"restore", backup});
    return read_row(back.out_of(more));
  }
  std::string log_id(const DataDirectory& of) const {
    return text_in(read_row(of.out_of({"status", "--json"})), "logId");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(backup, House)

BOOST_AUTO_TEST_CASE(backups_of_a_daemon_under_load_restore_to_its_log_which_goes_on) {
  Daemon daemon = data.start();
  data.out_of({"send", "-"}, put_genres(1, 100));
  std::atomic<bool> is_enough = false;
  std::atomic<uint64_t> sent = 100;
  std::thread load([&] {
    for (; !is_enough; sent += 200) data.out_of({"send", "-"}, put_genres(sent + 1, sent + 200));
  });
  uint64_t last = 0, grown = 0;
  for (int run = 0; run < 8; ++run) {
    const Row report = back_up();
    BOOST_TEST(number_in(report, "from") == last + 1);
    grown += number_in(report, "to") > last ? 1 : 0;
    last = number_in(report, "to");
    BOOST_TEST(read_row(data.out_of({"backup", backup, "--verify"})).at("root") == report.at("root"));
  }
  is_enough = true;
  load.join();
  BOOST_TEST(grown > 1u);
  const Row report = back_up();
  BOOST_TEST(number_in(report, "to") == data.head());

  const Row restored = restore();
  BOOST_TEST(restored.at("root") == report.at("root"));
  BOOST_TEST(restored.at("forkedFrom") == "null");
  BOOST_TEST(log_id(back) == log_id(data));
  BOOST_TEST((back.out_of({"log"}) == data.out_of({"log"})));
  Daemon other = back.start();
  BOOST_TEST((back.tables() == data.tables()));
  const uint64_t head = back.head();
  BOOST_TEST((back.out_of({"send", "-"}, put_genres(1, 100)) == data.out_of({"send", "-"}, put_genres(1, 100))));
  BOOST_TEST(back.head() == head);
  back.out_of({"send", "-"}, put_genres(sent + 1, sent + 10));
  BOOST_TEST(back.head() == head + 10);
  BOOST_TEST(other.terminate() == 0);
  BOOST_TEST(back.out_of({"verify"}) == "ok\n");
}

BOOST_AUTO_TEST_CASE(a_restore_to_an_earlier_position_is_a_log_of_its_own) {
  Daemon daemon = data.start();
  data.out_of({"send", "-"}, put_genres(1, 40));
  const std::string old_id = log_id(data);
  back_up();
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM genres").at(0).at("n") == "40");
  BOOST_TEST(daemon.terminate() == 0);
  const Row restored = restore({"--to", "30"});
  const std::string new_id = text_in(restored, "logId");
  BOOST_TEST(new_id != old_id);
  BOOST_TEST(number_in(restored, "position") == 30u);
  const Row status = read_row(back.out_of({"status", "--json"}));
  BOOST_TEST(text_in(status, "logId") == new_id);
  BOOST_TEST(status.at("forkedFrom") == restored.at("forkedFrom"));
  BOOST_TEST(text_in(read_row(status.at("forkedFrom")), "logId") == old_id);
  BOOST_TEST(back.out_of({"status"}).find("forked from log " + old_id + " at position 30") != std::string::npos);

  // What was made from the old log: the read model is refused, the state is made anew.
  fs::copy(data / "readmodel", back / "readmodel", fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::copy(data / "state", back / "state", fs::copy_options::recursive);
  const Ran refused = back.daemon();
  BOOST_TEST(refused.exit_code == 5);
  BOOST_TEST(refused.err.find(old_id) != std::string::npos, refused.err);
  fs::remove_all(back / "readmodel");
  Daemon other = back.start();
  BOOST_TEST(back.rows("SELECT count(*) AS n FROM genres").at(0).at("n") == "30");

  // Cursors of the old log are refused, also where the position would be there.
  const Ran stale = back.catlog({"tail", "--from", "20", "--log-id", old_id, "--count", "1"});
  BOOST_TEST(stale.exit_code == 1);
  BOOST_TEST(stale.err.find("start over") != std::string::npos, stale.err);
  BOOST_TEST(back.catlog({"tail", "--from", "35", "--count", "1"}).exit_code == 1);
  BOOST_TEST(read_lines(back.out_of({"tail", "--from", "20", "--log-id", new_id, "--count", "1"})).size() == 1u);

  // Commands that were accepted after position 30 are forgotten, those before it are not.
  BOOST_TEST((back.out_of({"send", "-"}, put_genres(1, 30)) == [&] {
    Daemon again = data.start();
    return data.out_of({"send", "-"}, put_genres(1, 30));
  }()));
  BOOST_TEST(back.head() == 30u);
  const auto receipts = read_lines(back.out_of({"send", "-"}, put_genres(31, 40)));
  for (const Row& receipt : receipts) BOOST_TEST(receipt.contains("accepted"));
  BOOST_TEST(back.head() == 40u);
  BOOST_TEST(other.terminate() == 0);
  BOOST_TEST(back.out_of({"verify"}) == "ok\n");

  // Its backup is another's.
  const Ran mixed = back.catlog({"backup", backup});
  BOOST_TEST(mixed.exit_code == 2);
  BOOST_TEST(mixed.err.find(old_id) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_subscriber_notices_a_log_that_was_put_back_under_its_own_id) {
  Daemon daemon = data.start();
  data.out_of({"send", "-"}, put_genres(1, 10));
  back_up();
  data.out_of({"send", "-"}, put_genres(11, 20));
  events::Subscriber subscriber({events::endpoint_in(data.path(), "changes.ipc"),
                                 events::endpoint_in(data.path(), "replay.ipc"),
                                 {},
                                 1,
                                 long_enough});
  for (events::Position position = 1; position <= 20; ++position)
    BOOST_TEST_REQUIRE(subscriber.next(long_enough).value().position == position);
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST(restore().at("forkedFrom") == "null");
  for (const char* name : {"log", "state", "readmodel"}) fs::remove_all(data / name);
  fs::rename(back / "log", data / "log");
  Daemon other = data.start();
  BOOST_CHECK_EXCEPTION(for (auto end = std::chrono::steady_clock::now() + long_enough;
                             std::chrono::steady_clock::now() < end;) subscriber.next(std::chrono::milliseconds(100)),
                        events::Failure, [](const events::Failure& failure) {
                          BOOST_TEST_MESSAGE(failure.what());
                          return failure.code() == events::Exit::refused &&
                                 std::string(failure.what()).find("start over") != std::string::npos;
                        });
}

BOOST_AUTO_TEST_CASE(keys_are_left_out_unless_they_are_asked_for) {
  Daemon daemon = data.start();
  const std::string hash = "$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S";
  data.out_of({"send", "-"},
              R"({"registerUser":{"username":"ada","passwordHash":")" + hash + "\"}}\n" +
                  R"({"linkTrakt":{"user":{"username":"ada"},"username":"a","accessToken":"open sesame",)" +
                  R"("refreshToken":"r","expiresAt":"2030-01-01T00:00:00Z"}})" + "\n");
  const std::string sealed = text_in(data.rows("SELECT accessToken FROM trakt_users").at(0), "accessToken");
  const auto key = *fs::directory_iterator(data / "keys");
  const std::string key_bytes = read_bytes(key.path());
  back_up();
  for (const auto& entry : fs::directory_iterator(backup))
    BOOST_TEST(read_bytes(entry.path()).find(key_bytes) == std::string::npos);
  const std::string keys = folder / "keys";
  back_up({"--keys", keys});
  BOOST_TEST(read_bytes(fs::path(keys) / key.path().filename()) == key_bytes);

  restore();
  BOOST_TEST(!fs::exists(back / "keys"));
  BOOST_TEST(back.catlog({"unseal"}, sealed + "\n").exit_code == 2);
  fs::remove_all(back / "log");
  restore({"--keys", keys});
  BOOST_TEST(back.out_of({"unseal"}, sealed + "\n") == "open sesame\n");
}

BOOST_AUTO_TEST_CASE(the_quarantine_list_comes_back_for_the_positions_that_do) {
  Daemon daemon = data.start();
  data.out_of({"send", "-"}, put_genres(1, 10));
  BOOST_TEST(daemon.terminate() == 0);
  projector::Quarantine list(log_id(data));
  for (const events::Position position : {4, 8})
    list.add({position, "it cannot be applied", 1'700'000'000'000'000, "ada"});
  list.save(data / "quarantine.json");
  back_up();
  const std::string new_id = text_in(restore({"--to", "6"}), "logId");
  const auto cut = projector::Quarantine::load(back / "quarantine.json", new_id);
  BOOST_TEST_REQUIRE(cut.events().size() == 1u);
  BOOST_TEST(cut.events()[0].position == 4u);
  fs::remove_all(back / "log");
  restore();
  BOOST_TEST(projector::Quarantine::load(back / "quarantine.json", list.empty() ? "" : log_id(data)).events().size() ==
             2u);
}

// As the manifest of a first run that was killed between it and the first segment's name.
BOOST_AUTO_TEST_CASE(a_backup_without_events_is_none_to_whoever_checks_or_restores_it) {
  Daemon daemon = data.start();
  back_up();
  const std::string place = folder / "new";
  const Ran checked = back.catlog({"backup", backup, "--verify"}),
            restored = run({CATLOG_BIN "/catlog", "restore", backup, "--data", place});
  BOOST_TEST(checked.exit_code == 1);
  BOOST_TEST(restored.exit_code == 2);
  BOOST_TEST(!fs::exists(place));
  for (const Ran& ran : {checked, restored}) {
    BOOST_TEST(ran.err.find("holds no event") != std::string::npos, ran.err);
    BOOST_TEST(ran.err.find("whole") == std::string::npos, ran.err);
  }
}

BOOST_AUTO_TEST_CASE(a_restore_to_before_the_first_command_ends_is_refused) {
  Daemon daemon = data.start();
  const std::string ids[] = {put_genre(1), put_genre(2), put_genre(3)};
  data.out_of({"send", "-"}, fmt::format(R"({{"batch":{{"commands":[{}]}}}})"
                                         "\n",
                                         fmt::join(ids, ",")));
  back_up();
  for (const char* to : {"1", "2"}) {
    const Ran ran = back.catlog({"restore", backup, "--to", to});
    BOOST_TEST(ran.exit_code == 2, to);
    BOOST_TEST(ran.err.find("first command") != std::string::npos, ran.err);
    BOOST_TEST(!fs::exists(back / "log"), to);
  }
  BOOST_TEST(number_in(restore({"--to", "3"}), "position") == 3u);
}

BOOST_AUTO_TEST_CASE(nothing_is_restored_into_the_backup) {
  Daemon daemon = data.start();
  data.out_of({"send", "-"}, put_genres(1, 10));
  back_up();
  fs::create_directory_symlink(backup, folder / "link");
  const auto restore_into = [&](const std::string& place) {
    return run({CATLOG_BIN "/catlog", "restore", backup, "--data", folder / place});
  };
  for (const char* place : {"backup", "backup/sub", "link/sub", "backup/../backup/deep/sub"}) {
    const Ran ran = restore_into(place);
    BOOST_TEST(ran.exit_code == 2, place);
    BOOST_TEST(ran.err.find("within the backup") != std::string::npos, ran.err);
  }
  BOOST_TEST(!fs::exists(fs::path(backup) / "sub"));
  BOOST_TEST(!fs::exists(fs::path(backup) / "deep"));
  BOOST_TEST(restore_into("backup of another name").exit_code == 0);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_has_its_exit_code) {
  Daemon daemon = data.start();
  data.out_of({"send", "-"}, put_genres(1, 10));
  back_up();
  BOOST_TEST(data.catlog({"restore", backup}).exit_code == 2);  // there is a log in it
  BOOST_TEST(back.catlog({"restore", backup, "--to", "11"}).exit_code == 2);
  BOOST_TEST(back.catlog({"restore", backup, "--to", "yesterday"}).exit_code == 2);
  BOOST_TEST(back.catlog({"restore", folder / "nothing"}).exit_code == 2);
  BOOST_TEST(back.catlog({"backup", folder / "other"}).exit_code == 2);
  const fs::path segment = segment_file(backup, 0);
  flip_bit(segment, 300);
  for (const Ran& ran : {data.catlog({"backup", backup, "--verify"}), back.catlog({"restore", backup})}) {
    BOOST_TEST(ran.exit_code == 5);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(ran.err.find(segment.filename()) != std::string::npos, ran.err);
  }
  BOOST_TEST(!fs::exists(back / "log"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
