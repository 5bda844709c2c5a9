#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "store/log.h"
#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"
#include "tests/support/runbook.h"
#include "tests/support/sample_events.h"
#include "tests/support/small_disk.h"

BOOST_AUTO_TEST_SUITE(runbook_test)

// Each block of commands of ops/RUNBOOK.md, run in the trouble that its chapter is for.
namespace {

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

constexpr const char* stop = "systemctl stop catlogd";
constexpr const char* verify_deep = "catlog verify --deep";

void preamble(Operator& person) { person.follow("Runbook"); }

void start(Operator& person) {
  person.begin_catalogue();
  person.must(stop);
  person.follow("Start");
  person.check_catalogue_works();
}

void doctor(Operator& person) {
  person.begin_catalogue();
  person.follow("Backup");
  person.check_catalogue_works();
  person.follow("Doctor");
}

void stop_and_status(Operator& person) {
  person.begin_catalogue();
  BOOST_TEST(has(person.follow("Status"), "(up to date)"));
  person.follow("Stop");
  BOOST_TEST(has(person.follow("Status"), "running     nothing"));
}

void backup(Operator& person) {
  person.begin_catalogue();
  person.follow("Backup");
  person.check_catalogue_works();
  person.follow("Backup");
  person.follow("Check of a backup");
}

void rotation(Operator& person) {
  person.begin_catalogue();
  for (const char* month : {"2020-01", "2020-02", "2020-03", "2020-04"})
    fs::create_directory(person / "backups" / ("catlog-" + std::string(month)));
  person.follow("Rotation");
  BOOST_TEST(person.must("ls backups | wc -l") == "3\n");
  BOOST_TEST(fs::exists(person / "backups/catlog-2020-04"));
  BOOST_TEST(!fs::exists(person / "backups/catlog-2020-02"));
}

void restore(Operator& person) {
  person.begin_catalogue();
  person.follow("Backup");
  person.follow("Restore", 0);
  person.follow("Restore", 1);
  person.follow("Restore", 3);
  person.check_catalogue_works();
  BOOST_TEST(person.must("catlog sql 'SELECT title FROM movies' --format jsonl") == "{\"title\":\"Sintel\"}\n");

  fs::remove_all(person / "catlog.old");
  person.set("to", "1");
  person.follow("Restore", 0);
  person.follow("Restore", 2);
  person.follow("Restore", 3);
  BOOST_TEST(read_row(person.must("catlog status --json")).at("head") == "1");
}

void rebuild(Operator& person) {
  person.begin_catalogue();
  person.follow("Rebuild");
  person.must(verify_deep);
}

void heads(Operator& person) {
  person.begin_catalogue();
  person.follow("Keep heads", 0);
  person.check_catalogue_works();
  person.follow("Keep heads", 1);
}

void check(Operator& person) {
  person.begin_catalogue();
  person.follow("Check");
}

void new_catalogue(Operator& person) {
  person.follow("A new catalogue");
  person.check_catalogue_works();
}

void published(Operator& person) {
  person.begin_catalogue();
  person.follow("Readers without secrets");
}

void full_disk(Operator& person) {
  constexpr uint64_t disk_bytes = 32 << 20, min_free_bytes = 4 << 20, short_of_bytes = 200'000;
  constexpr int most_fillings = 20;
  fs::create_directory(person.data());
  const auto disk = SmallDisk::mount(person.data(), disk_bytes);
  if (!disk) BOOST_TEST_MESSAGE("on a disk that is not full");
  person.set("CATLOG_MIN_FREE_BYTES", disk ? std::to_string(min_free_bytes) : "0");
  person.begin_catalogue();
  person.must("catlog rebuild; catlog rebuild; catlog sql 'SELECT 1' --as-of 1");
  // The daemon may remove an old generation, or cut a WAL, behind the filling.
  bool is_full = !disk;
  for (int genre = 1; !is_full && genre <= most_fillings; ++genre) {
    disk->fill(min_free_bytes - short_of_bytes);
    const std::string command = fmt::format(R"({{"putGenre":{{"tmdbId":{0},"name":"Genre {0}"}}}})", genre + 100);
    is_full = has(person.must("echo '" + command + "' | catlog send - || true"), "storageFull");
  }
  BOOST_TEST(is_full);
  BOOST_TEST(has(person.follow("Disk full"), "gen-"));
  person.check_catalogue_works();
  person.must("catlog rebuild; catlog verify --deep");
  person.must(stop);
}

void moved_log(Operator& person) {
  person.begin_catalogue();
  person.must("mv catlog/log catlog/log.gone; mkdir catlog/log; cp catlog/log.gone/data.mdb catlog/log/");
  person.wait_for_end();
  person.follow("The log left its place");
  person.check_catalogue_works();
  person.must(verify_deep);
}

void damage(Operator& person) {
  person.begin_catalogue();
  person.must(stop);
  person.must(
      "grep -abo Sintel catlog/log/data.mdb | cut -d: -f1 | while read -r at; do "
      "printf X | dd of=catlog/log/data.mdb bs=1 seek=$at conv=notrunc status=none; done");
  person.follow("Damage", 0, 5);
  BOOST_TEST(fs::exists(person / "catlog.copy/log/data.mdb"));
}

void damaged_state(Operator& person) {
  person.begin_catalogue();
  person.must(stop);
  fs::resize_file(person.data() / "state/data.mdb", 8192);
  person.follow("Damage: the decision state");
  person.check_catalogue_works();
  person.must(verify_deep);
}

void lost_read_model(Operator& person) {
  person.begin_catalogue();
  person.must(stop);
  fs::remove_all(person.data() / "readmodel");
  person.follow("Damage: the read model");
  person.check_catalogue_works();
  person.must(verify_deep);
}

// Turns bits of page headers until the file is damaged, and every event in it is not.
void damage_a_page(Operator& person) {
  constexpr uint64_t page_bytes = 4096, flags_offset = 10;
  const auto file = person.data() / "log/data.mdb", whole = person / "whole.mdb";
  fs::copy_file(file, whole);
  for (uint64_t page = 2; page * page_bytes < fs::file_size(whole); ++page) {
    fs::copy_file(whole, file, fs::copy_options::overwrite_existing);
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(page * page_bytes + flags_offset));
    bytes.put('\x12');
    bytes.close();
    if (const Ran ran = person.type("catlog verify");
        ran.exit_code == 5 && has(ran.err + ran.out, "every event is whole"))
      return;
  }
  BOOST_FAIL("no damaged page left the events whole");
}

void damaged_log_file(Operator& person) {
  person.begin_catalogue();
  person.must(stop);
  damage_a_page(person);
  person.must("mkdir -m 700 catlog/keys; head -c 32 /dev/zero > catlog/keys/user-1-1.key");
  person.follow("Damage: the log's file");
  BOOST_TEST(fs::file_size(person.data() / "keys/user-1-1.key") == 32u);
  person.check_catalogue_works();
  person.must(verify_deep);
}

void difference(Operator& person) {
  person.begin_catalogue();
  person.must("sqlite3 catlog/readmodel/current.sqlite \"UPDATE movies SET title = 'Another'\"");
  person.follow("A difference");
  BOOST_TEST(has(person.must("cat elsewhere/difference.txt"), "movies"));
}

void changed_schema(Operator& person) {
  person.begin_catalogue();
  const auto index = person.must(
      "sqlite3 catlog/readmodel/current.sqlite \"SELECT name FROM sqlite_schema WHERE type = "
      "'index' AND sql IS NOT NULL LIMIT 1\"");
  person.must("sqlite3 catlog/readmodel/current.sqlite 'DROP INDEX " + index.substr(0, index.size() - 1) + "'");
  person.must(R"(echo '{"putGenre":{"tmdbId":99,"name":"Genre"}}' | catlog send -)");
  person.follow("Somebody changed the read model's schema");
  person.check_catalogue_works();
}

void another_release(Operator& person) {
  person.begin_catalogue();
  person.must("systemctl stop catlogd; catlog migrate --to 5");
  person.must("catlog migrate --log-format 2");
  BOOST_TEST(person.type("catlog log").exit_code == 5);
  const auto plan = person.follow("Another release");
  BOOST_TEST(has(plan, "up 0006"));
  BOOST_TEST(has(plan, "has format 2: it would be made over"));
  person.check_catalogue_works();
  person.follow("Another release", 1);
  BOOST_TEST(!fs::exists(person.data() / "log/data.format-2.mdb"));
  person.set("N", "5");
  person.follow("Back to an earlier release");
  const auto back = person.must("catlog migrate --dry-run");
  BOOST_TEST(has(back, "has schema 5"));
  BOOST_TEST(has(back, "has format 2"));
  // catlogd does by itself what `catlog migrate` does.
  person.must("systemctl start catlogd; catlog verify");
  person.check_catalogue_works();
}

void failed_migration(Operator& person) {
  person.begin_catalogue();
  person.must("systemctl stop catlogd; catlog migrate --to 5");
  BOOST_TEST(person.type("ulimit -f 16; catlog migrate").exit_code != 0);
  BOOST_TEST(has(person.must("catlog migrate --dry-run"), "has schema 5"));
  person.follow("A migration that failed");
  person.check_catalogue_works();
}

void who_set_it(Operator& person) {
  person.begin_catalogue();
  person.must(fmt::format("catlog send {} > receipts || true", CATLOG_SOURCE "/ops/demo/06-users.ndjson"));
  BOOST_TEST(has(person.follow("Who set this value, and when?"), "movieRated"));
}

void unappliable_event(Operator& person) {
  fs::create_directories(person.data());
  RecordScript script = small_catalogue();
  const auto at = script.command({{events::Entity::USER, 77,
                                   R"({"userRegistered":{"username":"eve","passwordHash":"none","role":"user",)"
                                   R"("isActive":true}})"}});
  script.command({movie_rated(1, 4, 4)});
  script.append_to(person.data() / "log");
  person.must("systemctl start catlogd; until catlog status | grep -q '^projector'; do :; done");
  person.set("N", std::to_string(at));
  BOOST_TEST(has(person.follow("An event that cannot be applied", 0), "userRegistered"));
  BOOST_TEST(has(person.follow("An event that cannot be applied", 1), "what is wrong with it"));
  person.check_catalogue_works();
  // It is as bad as it was.
  person.follow("An event that cannot be applied", 2, 7);
}

// What the one member of the group search-index says.
void say_as_member(const Operator& person, const std::string& what, const std::string& more) {
  zmq::context_t context;
  auto member =
      events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(person.data(), "groups.ipc"));
  send(member, {"tag", "j", fmt::format(R"({{"{}":{{"name":"search-index","member":"one"{}}}}})", what, more)});
  const auto answer = receive(member);
  BOOST_TEST_REQUIRE(answer.size() >= 3u);
  BOOST_TEST(!has(answer[2], "refused"), answer[2]);
}

void group(Operator& person) {
  person.begin_catalogue();
  say_as_member(person, "join", R"(,"tries":1)");
  say_as_member(person, "fetch", R"(,"limit":1)");
  say_as_member(person, "nack", R"(,"why":"no such index","deliveries":[{"position":1,"try":1}])");
  const std::string chapter = "A group of subscribers does not get on";
  BOOST_TEST(has(person.follow(chapter), "set aside: no such index"));
  BOOST_TEST(!has(person.must("catlog group list"), "set aside"));
  person.follow(chapter, 1);
  BOOST_TEST(person.must("catlog group list").empty());
}

void group_of_another_history(Operator& person) {
  person.begin_catalogue();
  say_as_member(person, "join", "");
  person.must(stop);
  person.must(R"(sed -i 's/"logId":"[^"]*"/"logId":"another"/' catlog/groups/search-index.json)");
  person.must("systemctl start catlogd");
  BOOST_TEST(has(person.must("catlog status"), "search-index: serves nobody"));
  person.follow("A group's history changed");
  say_as_member(person, "fetch", R"(,"limit":1)");
}

void one_machine_again(Operator& person) {
  person.begin_catalogue();
  person.must(stop);
  std::ofstream(person.data() / "cluster") << "media\n";
  person.must("systemctl start catlogd", 1);
  person.follow("One machine again");
  person.check_catalogue_works();
}

const std::map<std::string, std::function<void(Operator&)>> scenarios = {
    {"Runbook", preamble},
    {"Start", start},
    {"Status", stop_and_status},
    {"Doctor", doctor},
    {"Stop", stop_and_status},
    {"Backup", backup},
    {"Check of a backup", backup},
    {"Rotation", rotation},
    {"Restore", restore},
    {"Rebuild", rebuild},
    {"Keep heads", heads},
    {"Check", check},
    {"A new catalogue", new_catalogue},
    {"Readers without secrets", published},
    {"One machine again", one_machine_again},
    {"Disk full", full_disk},
    {"The log left its place", moved_log},
    {"Damage", damage},
    {"Damage: the decision state", damaged_state},
    {"Damage: the read model", lost_read_model},
    {"Damage: the log's file", damaged_log_file},
    {"A difference", difference},
    {"Somebody changed the read model's schema", changed_schema},
    {"Another release", another_release},
    {"Back to an earlier release", another_release},
    {"A migration that failed", failed_migration},
    {"Who set this value, and when?", who_set_it},
    {"An event that cannot be applied", unappliable_event},
    {"A group of subscribers does not get on", group},
    {"A group's history changed", group_of_another_history},
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_block_of_commands_does_what_its_chapter_says) {
  const Runbook runbook = read_runbook(CATLOG_SOURCE "/ops/RUNBOOK.md");
  BOOST_TEST(runbook.size() == scenarios.size());
  for (const auto& [chapter, blocks] : runbook) {
    BOOST_TEST_CONTEXT(chapter) {
      const auto scenario = scenarios.find(chapter);
      BOOST_TEST_REQUIRE((scenario != scenarios.end()), "no scenario runs the commands of this chapter");
      const auto begun = std::chrono::steady_clock::now();
      Operator person(runbook, CATLOG_BIN);
      try {
        scenario->second(person);
      } catch (const std::exception& error) {
        BOOST_ERROR(error.what());
      }
      BOOST_TEST(person.not_followed(chapter).empty(),
                 fmt::format("{}", fmt::join(person.not_followed(chapter), "; ")));
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
      BOOST_TEST_MESSAGE(fmt::format("{}: {:.1f} s", chapter, took.count()));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
