#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "commandhandler/import/import.h"
#include "events/codec/receipt.h"
#include "tests/support/bus_peers.h"
#include "tests/support/import_documents.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(import_test)

using namespace catlog::tests;

BOOST_AUTO_TEST_CASE(folders_are_searched_and_files_sorted) {
  TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() / "b" / "c");
  for (auto name : {"b/c/2.json", "b/1.JSON", "z.json.gz", "a.json", "notes.txt", "b/x.json.bak"})
    std::ofstream(folder.path() / name) << "{}";
  std::string root = folder.path().string();
  Files files = collect_files({root, root + "/b/../a.json", root + "/notes.txt", root + "/none"});
  BOOST_TEST((files.paths == std::vector<std::string>{root + "/a.json", root + "/b/1.JSON", root + "/b/c/2.json",
                                                      root + "/notes.txt", root + "/z.json.gz"}));
  check_one_problem(files.problems, root + "/none", "no such file");
  BOOST_TEST_REQUIRE(files.notes.size() == 1);
  BOOST_TEST(files.notes[0].find("2 of 6 files") != std::string::npos, files.notes[0]);
}

// Such a folder was once "0 files", and all was well.
BOOST_AUTO_TEST_CASE(a_folder_without_a_file_of_the_kind_is_a_problem) {
  TemporaryDirectory folder;
  for (auto name : {"a.ndjson", "b.json.bz2", "json"}) std::ofstream(folder.path() / name) << "{}";
  Files files = collect_files({folder.path().string()});
  BOOST_TEST(files.paths.empty());
  check_one_problem(files.problems, folder.path().string(), "0 of 3 files have the ending .json");
}

// Nothing was said of what lay behind one.
BOOST_AUTO_TEST_CASE(a_linked_folder_is_a_problem_that_names_it) {
  TemporaryDirectory folder, elsewhere;
  for (const auto& file : {folder / "a.json", elsewhere / "b.json"}) std::ofstream(file) << "{}";
  std::filesystem::create_directory_symlink(elsewhere.path(), folder / "linked");
  std::filesystem::create_directory_symlink(folder.path(), folder / "itself");
  std::filesystem::create_symlink(elsewhere / "b.json", folder / "b.json");
  const Files files = collect_files({folder.path().string()});
  BOOST_TEST((files.paths == std::vector<std::string>{folder / "a.json", folder / "b.json"}));
  BOOST_TEST_REQUIRE(files.problems.size() == 2);
  for (const char* name : {"linked", "itself"})
    BOOST_TEST(std::ranges::count(files.problems, (folder / name).string(), &Problem::file) == 1, name);
  BOOST_TEST(files.problems[0].reason.find("a link to a folder") != std::string::npos, files.problems[0].reason);
  BOOST_TEST((collect_files({folder / "linked"}).paths == std::vector<std::string>{folder / "linked/b.json"}));
}

// The rest was not listed either, and the folder above it was named. Too long a path cannot be listed by root either.
BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_listed_is_named_and_the_rest_is_there) {
  TemporaryDirectory folder;
  for (const char* name : {"a.json", "z.json"}) std::ofstream(folder / name) << "{}";
  int at = ::open(folder.path().c_str(), O_PATH | O_DIRECTORY);
  for (int depth = 0; depth < 20; ++depth) {
    const std::string name(250, static_cast<char>('a' + depth));
    BOOST_TEST_REQUIRE(::mkdirat(at, name.c_str(), 0755) == 0);
    const int below = ::openat(at, name.c_str(), O_PATH | O_DIRECTORY);
    ::close(at);
    at = below;
  }
  ::close(at);
  const Files files = collect_files({folder.path().string()});
  BOOST_TEST((files.paths == std::vector<std::string>{folder / "a.json", folder / "z.json"}));
  BOOST_TEST_REQUIRE(files.problems.size() == 1);
  BOOST_TEST(files.problems[0].file.size() > 4'000);
  BOOST_TEST(files.problems[0].reason.find("cannot be listed") != std::string::npos, files.problems[0].reason);
}

// A peer that refuses as busy, and then is gone: what was not answered any more was counted as refused.
BOOST_AUTO_TEST_CASE(what_was_busy_and_then_has_no_answer_is_unanswered) {
  TemporaryDirectory folder;
  std::ofstream(folder / "m.json") << R"({"id":1,"title":"A","imdb_id":"tt1"})";
  const std::string endpoint = "ipc://" + (folder / "commands.ipc").string();
  zmq::context_t context;
  zmq::socket_t intake(context, zmq::socket_type::router);
  intake.bind(endpoint);
  std::thread daemon([&] {
    auto frames = receive(intake);
    if (frames.size() != 5) return;
    frames.pop_back();  // its session
    frames[3] =
        encode(catlog::events::Receipt::refused("", {RefusalCode::BUSY, "", "later"}), catlog::events::Encoding::capnp);
    send(intake, frames);
    receive(intake);  // it came again
    intake.close();
  });
  catlog::events::Client client(endpoint, {.timeout = std::chrono::seconds(3)});
  const Result report = import_tmdb(client, {folder / "m.json"}, {});
  daemon.join();
  BOOST_TEST(report.interrupted.find("nothing answers") != std::string::npos, report.interrupted);
  BOOST_TEST(report.unanswered == 1u);
  BOOST_TEST(report.unsent == 0u);
  BOOST_TEST(report.commands.empty());
  BOOST_TEST(report.problems.empty());
}

// Of a peer that takes the first and answers nothing, and where nobody is.
BOOST_AUTO_TEST_CASE(what_never_left_is_told_apart_from_what_has_no_answer) {
  TemporaryDirectory folder;
  for (int id = 1; id <= 3; ++id)
    std::ofstream(folder / fmt::format("{}.json", id))
        << fmt::format(R"({{"id":{0},"title":"A","imdb_id":"tt{0}"}})", id);
  const std::string endpoint = "ipc://" + (folder / "commands.ipc").string();
  const auto import = [&](size_t window) {
    catlog::events::Client client(endpoint, {.timeout = std::chrono::seconds(3), .window = window});
    return import_tmdb(client, {folder.path().string()}, {});
  };
  zmq::context_t context;
  {
    zmq::socket_t intake(context, zmq::socket_type::router);
    intake.bind(endpoint);
    const Result report = import(1);
    BOOST_TEST(report.unanswered == 1u);
    BOOST_TEST(report.unsent == 2u);
  }
  for (const size_t window : {1, 256}) {
    const Result report = import(window);
    BOOST_TEST(report.unanswered == 0u);
    BOOST_TEST(report.unsent == 3u);
    BOOST_TEST(report.interrupted.find("have no answer, as they were never sent;") != std::string::npos,
               report.interrupted);
  }
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read_are_problems) {
  TemporaryDirectory folder;
  std::map<std::string, std::string> files{{"broken.json", "{\"id\":5"},      {"empty.json", ""},
                                           {"utf8.json", "{\"a\":\"\xff\"}"}, {"half.json", "\"\\ud83d\""},
                                           {"huge.json", "{\"a\":1e999}"},    {"deep.json", std::string(10'000, '[')}};
  std::vector<std::string> paths{(folder.path() / "none.json").string(), folder.path().string()};
  for (const auto& [name, content] : files) {
    std::ofstream(folder.path() / name, std::ios::binary) << content;
    paths.push_back((folder.path() / name).string());
  }
  Plan plan = plan_tmdb(paths);
  BOOST_TEST(plan.commands.empty());
  BOOST_TEST(plan.problems.size() == paths.size());
  BOOST_TEST(plan_yts(paths).problems.size() == paths.size());
}

BOOST_AUTO_TEST_CASE(any_bytes_give_problems_and_never_a_crash) {
  unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  TemporaryDirectory folder;
  std::string path = (folder.path() / "x.json").string();
  std::vector<std::string> documents{movie, show, season(1, episode(1930, 1, 1)), torrents("tt1", torrent(hash_a))};
  constexpr std::string_view tokens = "{}[]\",:0-9e\\null";
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes = documents[random() % documents.size()];
    for (unsigned change = random() % 4; change > 0 && !bytes.empty(); --change) {
      size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes.resize(at);
          break;
        case 1:
          bytes[at] = static_cast<char>(random());
          break;
        case 2:
          bytes[at] = tokens[random() % tokens.size()];
          break;
        case 3:
          bytes.erase(at, random() % 20);
          break;
      }
    }
    std::ofstream(path, std::ios::binary) << bytes;
    Plan plan = plan_tmdb({path});
    YtsPlan offers = plan_yts({path});
    // Neither importer understands the other's documents, so one of them has something to say.
    BOOST_TEST_REQUIRE(plan.problems.size() + offers.problems.size() > 0);
  }
}

BOOST_AUTO_TEST_CASE(recorded_responses_give_all_their_commands) {
  const char* fixtures = std::getenv("CATLOG_FIXTURES");
  if (!fixtures) {
    BOOST_TEST_MESSAGE("not tried: CATLOG_FIXTURES names no folder with recorded responses");
    return;
  }
  std::filesystem::path root(fixtures);
  Plan plan = plan_tmdb(collect_files({(root / "tmdb").string()}).paths);
  for (const Problem& problem : plan.problems) BOOST_TEST_MESSAGE(problem.file << ": " << problem.reason);
  BOOST_TEST(plan.problems.empty());
  auto by_name = counts(plan);
  BOOST_TEST(by_name["putGenre"] == 27);
  BOOST_TEST(by_name["putGenreTranslation"] == 27);
  BOOST_TEST(by_name["putMovie"] == 59);
  BOOST_TEST(by_name["putMovieTranslation"] == 216);
  BOOST_TEST(by_name["putTvShow"] == 31);
  BOOST_TEST(by_name["putTvShowTranslation"] == 62);
  BOOST_TEST(by_name["putSeason"] == 167);
  BOOST_TEST(by_name["putEpisode"] == 8018);
  std::set<std::string> imdb_ids;
  for (const Planned& planned : plan.commands)
    if (planned.command().isPutMovie()) imdb_ids.insert(text(planned.command().getPutMovie().getFacts().getImdbId()));

  SourceRounds rounds(plan_yts(collect_files({(root / "yts").string()}).paths));
  BOOST_TEST(rounds.hashes() == 28);
  size_t kept = 0;
  for (auto round = rounds.next_round(); !round.empty(); round = rounds.next_round()) {
    for (size_t at : round) {
      bool is_there = imdb_ids.contains(rounds.offer(at).imdb_id);
      kept += is_there ? 1 : 0;
      rounds.judge(at, is_there ? accepted() : refusal(RefusalCode::NOT_FOUND));
    }
  }
  BOOST_TEST(kept == 23);
  BOOST_TEST(!std::move(rounds).problems().empty());
}

BOOST_AUTO_TEST_SUITE_END()
