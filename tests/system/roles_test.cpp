#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "events/bus/limits.h"
#include "events/schema/model.h"
#include "tests/support/data_directory.h"
#include "tests/support/root.h"

BOOST_AUTO_TEST_SUITE(roles_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

Ran program(std::vector<std::string> argv) {
  argv.insert(argv.begin(), "/usr/bin/env");
  return run(argv);
}

// The sqlite3 program, as anybody would call it.
Ran sqlite3(const DataDirectory& data, const std::string& query) {
  return program({"sqlite3", data / "readmodel/current.sqlite", query});
}

std::string put_genres(int count) {
  std::string lines;
  for (int i = 1; i <= count; ++i) lines += fmt::format(R"({{"putGenre":{{"tmdbId":{},"name":"Genre"}}}}{})", i, "\n");
  return lines;
}

// Of each thread of a process, by its name (proc(5), "stat": behind the name in brackets it is the 17th).
std::map<std::string, int> niceness_of_threads(pid_t process) {
  constexpr int fields_before = 16;
  std::map<std::string, int> found;
  for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", process))) {
    std::ifstream file(task.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    const size_t begin = stat.find('(') + 1, end = stat.rfind(')');
    if (end == std::string::npos) continue;  // it has ended meanwhile
    std::istringstream fields(stat.substr(end + 1));
    std::string skipped;
    for (int i = 0; i < fields_before; ++i) fields >> skipped;
    fields >> found[stat.substr(begin, end - begin)];
  }
  return found;
}

}  // namespace

// Also where the daemon itself was started with a niceness, as by a system that has one.
BOOST_AUTO_TEST_CASE(every_loop_is_behind_the_handler_however_nice_the_daemon_is) {
  constexpr int most = 19;
  std::thread([&] {
    const int niceness = std::min(::getpriority(PRIO_PROCESS, 0) + 10, most), behind = std::min(niceness + 5, most);
    BOOST_TEST_REQUIRE(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness) == 0);
    const DataDirectory data(CATLOG_BIN);
    Daemon daemon = data.start();
    std::map<std::string, int> wanted{{"handler", niceness}}, found;
    for (const char* loop : {"state", "projector", "replay", "groups", "housekeeping"}) wanted[loop] = behind;
    const auto by = std::chrono::steady_clock::now() + longest_start;
    do {  // it is ready before each of them has begun
      found = niceness_of_threads(daemon.pid());
      std::erase_if(found, [&](const auto& thread) { return !wanted.contains(thread.first); });
    } while (found != wanted && std::chrono::steady_clock::now() < by);
    for (const auto& [loop, value] : wanted) BOOST_TEST(found[loop] == value, loop);
    BOOST_TEST(daemon.terminate() == 0);
    BOOST_TEST(!has(daemon.err(), "cannot be put behind"), daemon.err());
  }).join();
}

BOOST_AUTO_TEST_CASE(a_second_daemon_names_the_first_and_exits_with_3) {
  const DataDirectory data(CATLOG_BIN);
  Daemon first = data.start();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{},
                                                                                         {"--only", "handler"},
                                                                                         {"--only", "state"},
                                                                                         {"--only", "projector"},
                                                                                         {"--only", "replay"},
                                                                                         {"--only", "groups"},
                                                                                         {"--only", "housekeeping"}}) {
    const Ran second = data.daemon(arguments);
    BOOST_TEST(second.exit_code == 3);
    BOOST_TEST(has(second.err, std::to_string(first.pid())), second.err);
    BOOST_TEST(!has(second.out, "ready"));
  }
  data.out_of({"send"}, put_genres(1));  // the first one was not disturbed
  BOOST_TEST(data.rows("SELECT id FROM genres").size() == 1u);
  BOOST_TEST(first.terminate() == 0);
  Daemon next = data.start();
  BOOST_TEST(next.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(on_an_empty_directory_any_role_may_start_first) {
  for (const char* first : {"handler", "state", "projector", "replay", "groups", "housekeeping"}) {
    const DataDirectory data(CATLOG_BIN);
    Daemon daemon = data.start({"--only", first});
    BOOST_TEST(daemon.terminate() == 0, daemon.err());
    Daemon whole = data.start();
    data.out_of({"send"}, put_genres(1));
    BOOST_TEST(whole.terminate() == 0, whole.err());
  }
}

BOOST_AUTO_TEST_CASE(four_processes_are_one_catlog) {
  const DataDirectory data(CATLOG_BIN);
  Daemon replay = data.start({"--only", "replay"});
  Daemon projector = data.start({"--only", "projector"});
  Daemon handler = data.start({"--only", "handler"});
  Daemon state = data.start({"--only", "state"});
  for (const auto& file : demo_files(CATLOG_SOURCE)) data.out_of({"send", file.string()});
  const uint64_t head = data.head();
  BOOST_TEST(data.rows("SELECT id FROM movies").size() == 32u);
  BOOST_TEST(read_lines(data.out_of({"tail", "--from", "1", "--count", std::to_string(head)})).size() == head);
  const Row running = read_row(read_row(data.out_of({"status", "--json"})).at("running"));
  BOOST_TEST(running.at("handler") == std::to_string(handler.pid()));
  BOOST_TEST(running.at("state") == std::to_string(state.pid()));
  BOOST_TEST(running.at("projector") == std::to_string(projector.pid()));
  BOOST_TEST(running.at("replay") == std::to_string(replay.pid()));
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");

  // Each may go and come back while the others go on.
  projector.kill();
  data.out_of({"send"}, R"({"rateMovie":{"movie":{"tmdbId":10378},"popularity":77.5,"rating":8.5}})");
  Daemon projector_again = data.start({"--only", "projector"});
  BOOST_TEST(data.rows("SELECT popularity AS p FROM movies WHERE tmdbId = 10378").at(0).at("p") == "77.5");
  handler.kill();
  Daemon handler_again = data.start({"--only", "handler"});
  data.out_of({"send"}, R"({"rateMovie":{"movie":{"tmdbId":10378},"popularity":78.5,"rating":8.5}})");
  BOOST_TEST(data.rows("SELECT popularity AS p FROM movies WHERE tmdbId = 10378").at(0).at("p") == "78.5");
  BOOST_TEST(data.head() == head + 2);
  for (Daemon* daemon : {&handler_again, &state, &projector_again, &replay})
    BOOST_TEST(daemon->terminate() == 0, daemon->err());
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");
}

BOOST_AUTO_TEST_CASE(a_path_too_long_for_a_socket_is_wrong_use_and_nothing_is_made) {
  const TemporaryDirectory folder;
  const auto of_length = [&](size_t bytes) {
    return folder.path() / std::string(bytes - folder.path().native().size() - 1, 'd');
  };
  const size_t longest = events::max_ipc_path_bytes - std::string_view("/run/groups-operator.ipc").size();
  const fs::path deep = of_length(longest + 1), fits = of_length(longest);
  const auto refused = [&](const std::vector<std::string>& options) {
    std::vector<std::string> command{CATLOG_BIN "/catlogd", "--data"};
    command.insert(command.end(), options.begin(), options.end());
    const Ran ran = run(command);
    BOOST_TEST(ran.exit_code == 2);
    BOOST_TEST(has(ran.err, "107"), ran.err);
    BOOST_TEST(has(ran.err, deep.string()), ran.err);
  };
  refused({deep.string()});
  refused({deep.string(), "--only", "state"});
  refused({fits.string(), "--commands-endpoint", "ipc://" + (deep / std::string(longest, 'd')).string()});
  BOOST_TEST(fs::is_empty(folder.path()));
  // One that was made before stays as it was.
  fs::create_directory(deep);
  std::ofstream(deep / "begin-new-log").flush();
  refused({deep.string()});
  BOOST_TEST(fs::exists(deep / "begin-new-log"));
  BOOST_TEST(std::distance(fs::directory_iterator(deep), fs::directory_iterator()) == 1);

  Daemon daemon(CATLOG_BIN "/catlogd", fits);
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_is_no_socket_of_ours_is_wrong_use) {
  const DataDirectory data(CATLOG_BIN);
  for (const char* option : {"--commands-endpoint", "--changes-endpoint", "--replay-endpoint", "--groups-endpoint"})
    for (const char* endpoint : {"udp://127.0.0.1:9999", "inproc://x", "127.0.0.1:9999"}) {
      const Ran ran = data.daemon({option, endpoint});
      BOOST_TEST(ran.exit_code == 2, endpoint);
      BOOST_TEST(has(ran.err, "must be ipc:// or tcp://"), ran.err);
    }
}

BOOST_AUTO_TEST_CASE(a_daemon_with_a_further_endpoint_is_reached_at_both) {
  const DataDirectory data(CATLOG_BIN);
  const std::string endpoint = "ipc://" + (data / "elsewhere.ipc").string();
  Daemon daemon = data.start({"--commands-endpoint", endpoint});
  data.out_of({"send", "--endpoint", endpoint}, put_genres(3));
  data.out_of({"send"}, put_genres(5));
  BOOST_TEST(data.rows("SELECT id FROM genres").size() == 5u);
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(plain_sqlite3_reads_while_the_daemon_writes) {
  if (program({"sqlite3", "--version"}).exit_code != 0) {
    BOOST_TEST_MESSAGE("not tried: there is no sqlite3 program");
    return;
  }
  constexpr int genres = 20'000;
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  data.out_of({"send"}, put_genres(1));
  BOOST_TEST(data.rows("SELECT id FROM genres").size() == 1u);
  std::atomic<bool> is_sent = false;
  Ran sent;
  std::jthread sender([&] {
    sent = data.catlog({"send"}, put_genres(genres));
    is_sent = true;
  });
  int seen = 0, reads = 0;
  // Each genre is one event: rows and checkpoint are of one transaction.
  const auto look = [&] {
    const Ran ran = sqlite3(data, "SELECT count(*), (SELECT position FROM projection_checkpoint) FROM genres");
    BOOST_TEST_REQUIRE(ran.exit_code == 0, ran.err);
    const int rows = std::stoi(ran.out), position = std::stoi(ran.out.substr(ran.out.find('|') + 1));
    BOOST_TEST_REQUIRE(rows == position);
    BOOST_TEST_REQUIRE(rows >= seen);
    seen = rows;
    ++reads;
  };
  while (!is_sent) look();
  sender.join();
  BOOST_TEST(sent.exit_code == 0, sent.err);
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM genres").at(0).at("n") == std::to_string(genres));
  look();
  BOOST_TEST(seen == genres);
  BOOST_TEST_MESSAGE(reads << " reads beside the writer");
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(the_schema_shows_every_table_and_index_of_the_data_contract) {
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  data.out_of({"send"}, put_genres(1));
  BOOST_TEST(data.rows("SELECT id FROM genres").size() == 1u);
  const Ran ran = sqlite3(data, ".schema");
  BOOST_TEST_REQUIRE(ran.exit_code == 0, ran.err);
  for (const char* index :
       {"INDEX idx_movie_id ON movies", "INDEX idx_tvshow_id ON tv_shows", "INDEX idx_user_id ON users",
        "UNIQUE INDEX idx_movie_tmdb ON movies", "UNIQUE INDEX idx_tvshow_tmdb ON tv_shows",
        "UNIQUE INDEX idx_user_username ON users", "UNIQUE INDEX idx_source_hash ON movie_sources",
        "INDEX idx_season_tvshow ON seasons", "INDEX idx_episode_season ON episodes",
        "INDEX idx_source_movie ON movie_sources", "INDEX idx_token_user ON refresh_tokens",
        "INDEX idx_movie_popularity ON movies (popularity DESC)",
        "INDEX idx_tvshow_popularity ON tv_shows (popularity DESC)",
        "INDEX idx_source_quality ON movie_sources (quality, score DESC)",
        "INDEX idx_source_last_seen ON movie_sources (lastSeen DESC)", "INDEX idx_audit_user ON audit_logs",
        "INDEX idx_audit_created ON audit_logs (createdAt DESC)"})
    BOOST_TEST(has(ran.out, index), index);
  for (const auto& entity : events::model().entities())
    if (!entity.table.empty())  // SQLite quotes the name of a table that was renamed
      BOOST_TEST((has(ran.out, "CREATE TABLE " + entity.table + " ") ||
                  has(ran.out, "CREATE TABLE IF NOT EXISTS \"" + entity.table + "\" ") ||
                  has(ran.out, "CREATE TABLE \"" + entity.table + "\" ")),
                 entity.table);
  for (const char* action : {"ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT", "STRICT"})
    BOOST_TEST(has(ran.out, action), action);
}

BOOST_AUTO_TEST_CASE(a_member_of_the_folders_group_reads_after_a_clean_stop) {
  constexpr gid_t readers = 61'020;
  if (!is_root()) return;
  const std::vector<std::string> as_nobody{"setpriv", "--reuid=65534", "--regid=65534",
                                           "--groups=" + std::to_string(readers)};
  const auto run_as_nobody = [&](std::vector<std::string> argv) {
    argv.insert(argv.begin(), as_nobody.begin(), as_nobody.end());
    return program(argv);
  };
  if (run_as_nobody({"sqlite3", "--version"}).exit_code != 0) {
    BOOST_TEST_MESSAGE("not tried: setpriv or sqlite3 cannot be run as another user");
    return;
  }
  const DataDirectory data(CATLOG_BIN);
  BOOST_TEST_REQUIRE(::chown(data.path().c_str(), 0, readers) == 0);
  fs::permissions(data.path(), fs::perms(0750));
  {
    Daemon daemon = data.start();
    data.out_of({"send"}, put_genres(5));
    BOOST_TEST(data.rows("SELECT id FROM genres").size() == 5u);
    BOOST_TEST(daemon.terminate() == 0);
  }
  const std::string file = data / "readmodel/current.sqlite";
  const Ran read = run_as_nobody({"sqlite3", file, "SELECT count(*) FROM genres"});
  BOOST_TEST(read.exit_code == 0, read.err);
  BOOST_TEST(read.out == "5\n");
  const Ran asked = run_as_nobody({"sqlite3", file, "PRAGMA journal_mode"});
  BOOST_TEST(asked.out == "delete\n");
  BOOST_TEST(run_as_nobody({"sqlite3", file, "DELETE FROM genres"}).exit_code != 0);
}

BOOST_AUTO_TEST_SUITE_END()
