#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/serialize.h>

#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"
#include "tests/support/import_documents.h"
#include "tests/support/torrents/torrents.h"

BOOST_AUTO_TEST_SUITE(sources_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

struct Sources {
  DataDirectory data{CATLOG_BIN};
  Daemon daemon = data.start();
  TemporaryDirectory folder;

  Sources() {
    data.out_of({"send"}, R"({"putMovie":{"tmdbId":45745,"title":"Sintel","overview":"","releaseDate":"2010-09-30",)"
                          R"("poster":"","backdrop":"","imdbId":"tt1727587","runtime":15}})");
  }
  Torrent torrent(const TorrentPlan& plan) {
    auto made = make_torrent(plan, folder.path());
    std::ofstream(folder / "given.torrent", std::ios::binary) << made.bytes;
    return made;
  }
  Ran add(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"source", "add", "--movie", "tmdb:45745"});
    return data.catlog(arguments);
  }
  Row source() const {
    return data.rows("SELECT quality, type, size, language, title, infoHash, otherHash, magnetUri FROM movie_sources")
        .at(0);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sources, Sources)

BOOST_AUTO_TEST_CASE(a_torrent_file_tells_all_and_is_kept) {
  const auto made = torrent({.files = {{"a.mkv", 100'000}, {"b.srt", 500}}, .version = Version::hybrid});
  const auto given = (folder / "given.torrent").string();
  const Ran added = add({"--torrent", given, "--language", "en", "--tracker", "udp://t.example:1", "--tracker",
                         "https://u.example/announce"});
  BOOST_TEST(added.exit_code == 0, added.err);
  BOOST_TEST(added.err.find("2 files, 100500 bytes; the largest is") != std::string::npos, added.err);
  const Row row = source();
  BOOST_TEST(row.at("quality") == "\"1080p\"");
  BOOST_TEST(row.at("type") == "\"web\"");
  BOOST_TEST(row.at("size") == "100500");
  BOOST_TEST(row.at("title") == "\"Sintel.2010.1080p.WEB\"");
  BOOST_TEST(row.at("infoHash") == "\"" + made.hash + "\"");
  BOOST_TEST(row.at("otherHash") == "\"" + made.v2_hash + "\"");
  BOOST_TEST(row.at("magnetUri").find("&tr=udp%3A%2F%2Ft.example%3A1&tr=https%3A%2F%2Fu.example%2Fannounce") !=
                 std::string::npos,
             row.at("magnetUri"));
  const auto kept = data / "torrents" / (made.hash + ".torrent");
  BOOST_TEST(read_text(kept) == made.bytes);
  for (int run = 0; run < 2; ++run) data.out_of({"backup", folder / "backup", "--torrents", folder / "torrents"});
  BOOST_TEST(read_text(folder / "torrents" / (made.hash + ".torrent")) == made.bytes);
  BOOST_TEST(add({"--torrent", given}).out.find("\"unchanged\"") != std::string::npos);
  BOOST_TEST(
      add({"--magnet", "magnet:?xt=urn:btmh:1220" + made.v2_hash + "&dn=Sintel.720p.WEB"}).out.find("\"unchanged\"") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_file_of_a_torrent_that_is_refused_is_not_kept) {
  const auto made = torrent({.files = {{"Sintel.2010.720p.WEB.mkv", 100'000}}});
  const std::string given = (folder / "given.torrent").string();
  const auto kept = data / "torrents" / (made.hash + ".torrent");
  BOOST_TEST(data.catlog({"source", "add", "--movie", "tmdb:7", "--torrent", given}).exit_code == 1);
  BOOST_TEST(!std::filesystem::exists(kept));
  BOOST_TEST(add({"--torrent", given}).exit_code == 0);
  // One that was there is not its to remove.
  BOOST_TEST(data.catlog({"source", "add", "--movie", "tmdb:7", "--torrent", given}).exit_code == 1);
  BOOST_TEST(std::filesystem::exists(kept));
}

BOOST_AUTO_TEST_CASE(a_private_torrent_gets_no_tracker) {
  torrent({.files = {{"Sintel.2010.720p.WEB.mkv", 100'000}}, .privacy = Privacy::closed});
  const Ran added = add({"--torrent", (folder / "given.torrent").string(), "--tracker", "udp://t.example:1"});
  BOOST_TEST(added.exit_code == 0, added.err);
  BOOST_TEST(source().at("magnetUri").find("&tr=") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_link_is_described_by_its_name_or_by_what_is_given) {
  const std::string link = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567";
  for (const auto& [arguments, why] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "give --magnet or --torrent"},
           {{"--magnet", link}, "give --title"},
           {{"--magnet", link + "&dn=Sintel"}, "give --quality"},
           {{"--magnet", link + "&dn=Sintel+720p"}, "give --type"},
           {{"--magnet", link + "&dn=Sintel+720p", "--tracker", "file:///etc/passwd"}, "no tracker's address"},
           {{"--magnet", link, "--torrent", "x"}, "--magnet"},
           {{"--torrent", "not-there.torrent"}, "there is no such file"},
           {{"--torrent", "/dev/zero"}, "that is no file that can be read"},
           {{"--torrent", CATLOG_SOURCE}, "that is a folder"},
           {{"--torrent", std::string(CATLOG_SOURCE) + "/README.md"}, "is no torrent file"}}) {
    const Ran refused = add(arguments);
    BOOST_TEST(refused.exit_code == 2, why);
    BOOST_TEST(refused.err.find(why) != std::string::npos, refused.err);
  }
  BOOST_TEST(add({"--magnet", link + "&dn=Sintel+720p+WEB-DL&x.pe=192.0.2.1:1", "--size", "129241752"}).exit_code == 0);
  const Row row = source();
  BOOST_TEST(row.at("quality") == "\"720p\"");
  BOOST_TEST(row.at("title") == "\"Sintel 720p WEB-DL\"");
  BOOST_TEST(row.at("language") == "\"xx\"");
  BOOST_TEST(row.at("size") == "129241752");
  BOOST_TEST(row.at("magnetUri") == "\"" + link + "&dn=Sintel+720p+WEB-DL\"");
  const Ran unknown = data.catlog({"source", "add", "--movie", "tmdb:7", "--magnet", link + "&dn=S+720p+WEB"});
  BOOST_TEST(unknown.exit_code == 1);
  BOOST_TEST(unknown.out.find("notFound") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lists_of_yts_get_the_trackers_that_are_configured) {
  std::ofstream(folder / "list.json") << torrents("tt1727587", catlog::tests::torrent(hash_a, 7));
  BOOST_TEST(
      data.catlog({"import", "yts", "--tracker", "udp://t.example:1", (folder / "list.json").string()}).exit_code == 0);
  BOOST_TEST(source().at("magnetUri").find("&tr=udp%3A%2F%2Ft.example%3A1") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

// Of a daemon of a later release, or of one that is broken: nobody can tell what it did.
BOOST_AUTO_TEST_CASE(a_receipt_of_a_kind_that_is_not_known_is_no_success) {
  capnp::MallocMessageBuilder message;
  auto receipt = message.initRoot<events::schema::Receipt>();
  receipt.setId("01936b2e-8c00-7000-8000-00000000a001");
  const uint16_t unknown_kind = 99;
  const auto kind_at = capnp::Schema::from<events::schema::Receipt>().getProto().getStruct().getDiscriminantOffset() *
                       sizeof unknown_kind;
  auto data = message.getRoot<capnp::AnyStruct>().getDataSection();
  std::memcpy(data.begin() + kind_at, &unknown_kind, sizeof unknown_kind);
  const auto words = capnp::messageToFlatArray(message);
  const auto bytes = words.asChars();
  const std::pair<std::string, std::string> answers[] = {
      {"j", R"({"id":"01936b2e-8c00-7000-8000-00000000a001"})"},
      {"j", R"({"id":"01936b2e-8c00-7000-8000-00000000a001","later":{"position":7}})"},
      {"c", std::string(bytes.begin(), bytes.size())}};
  const TemporaryDirectory folder;
  const std::string endpoint = "ipc://" + (folder / "commands.ipc").string();
  zmq::context_t context;
  zmq::socket_t intake(context, zmq::socket_type::router);
  intake.bind(endpoint);
  for (const auto& [encoding, body] : answers)
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"version-of", "movies/tmdb:7"},
             {"source", "add", "--movie", "tmdb:7", "--magnet",
              "magnet:?xt=urn:btih:0000000000000000000000000000000000000001&dn=Seven+1080p+WEB"}}) {
      std::thread daemon([&] {
        const auto frames = receive(intake);
        if (frames.size() < 4) return;
        send(intake, {frames[0], frames[1], encoding, body});
      });
      std::vector<std::string> argv{CATLOG_BIN "/catlog", "--data", folder.path(), "--endpoint", endpoint};
      argv.insert(argv.begin() + 3, command.begin(), command.end());
      const Ran ran = run(argv);
      daemon.join();
      BOOST_TEST(ran.exit_code == 4, encoding << ": " << ran.out << ran.err);
      BOOST_TEST(has(ran.err, "the receipt cannot be read"), ran.err);
    }
}

BOOST_AUTO_TEST_SUITE_END()
