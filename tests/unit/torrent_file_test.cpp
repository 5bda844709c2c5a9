#include "commandhandler/import/torrent_file.h"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/import/magnet_link.h"
#include "commandhandler/rules/magnet.h"
#include "tests/support/chance.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torrents/torrents.h"

BOOST_AUTO_TEST_SUITE(torrent_file_test)

using namespace catlog;
using commandhandler::importing::read_torrent_file;

namespace {

std::string text(std::string_view value) { return fmt::format("{}:{}", value.size(), value); }

// A version 1 torrent with these files, of one byte each.
std::string torrent_of(const std::vector<std::vector<std::string>>& files, const std::string& in_info = {},
                       const std::string& announce = {}, const std::string& more_files = {}) {
  std::string list;
  for (const auto& path : files) {
    std::string parts;
    for (const auto& part : path) parts += text(part);
    list += "d6:lengthi1e4:pathl" + parts + "ee";
  }
  return "d" + (announce.empty() ? std::string() : "8:announce" + text(announce)) + "4:infod5:filesl" + list +
         more_files + "e4:name4:film12:piece lengthi65536e6:pieces20:aaaaaaaaaaaaaaaaaaaa" + in_info + "ee";
}

std::string why_not(const std::string& bytes) {
  const auto read = read_torrent_file(bytes);
  return read ? "taken" : read.error();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_of_any_version_tells_hashes_name_and_size) {
  using namespace catlog::tests;
  for (const auto version : {Version::v1, Version::v2, Version::hybrid}) {
    const TemporaryDirectory folder;
    const auto made =
        make_torrent({.files = {{"a.mkv", 200'000}, {"more/b.srt", 70'001}}, .version = version}, folder.path());
    const auto read = read_torrent_file(made.bytes);
    BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error()));
    BOOST_TEST(read->hash() == made.hash);
    BOOST_TEST(read->name == "Sintel.2010.1080p.WEB");
    BOOST_TEST(read->size == 270'001);
    BOOST_TEST(read->files.size() == 2u);
    BOOST_TEST(!read->is_private);
    const auto link = commandhandler::parse_magnet(read->magnet());
    BOOST_REQUIRE(link);
    BOOST_TEST(link->v1 == read->v1);
    BOOST_TEST(link->v2 == read->v2);
    BOOST_TEST((!read->v1.empty() && !read->v2.empty()) == (version == Version::hybrid));
  }
}

BOOST_AUTO_TEST_CASE(trackers_stand_in_the_link_unless_the_torrent_is_private) {
  const std::string tracker = "http://tracker.example/announce?key=secret";
  const auto open = read_torrent_file(torrent_of({{"a"}}, {}, tracker));
  const auto closed = read_torrent_file(torrent_of({{"a"}}, "7:privatei1e", tracker));
  BOOST_REQUIRE((open && closed));
  BOOST_TEST(commandhandler::importing::value_in(open->magnet(), "tr") == tracker);
  BOOST_TEST(closed->is_private);
  BOOST_TEST(closed->magnet().find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_torrent_or_too_much_is_told) {
  BOOST_TEST(why_not(torrent_of({{"a"}})) == "taken");
  for (const std::string& bytes : {std::string(), std::string("no torrent"), std::string("d4:infodee"),
                                   std::string(100'000, 'd'), "l" + std::string(100'000, 'l')})
    BOOST_TEST(why_not(bytes).starts_with("is no torrent file that can be taken: "), why_not(bytes));
  BOOST_TEST(why_not(std::string((8u << 20) + 1, 'd')) == "has 8388609 bytes; at most 8388608 are taken");
  std::vector<std::vector<std::string>> many;
  for (int i = 0; i < 5'001; ++i) many.push_back({fmt::format("{}", i)});
  BOOST_TEST(why_not(torrent_of(many)) == "holds 5001 files; at most 5000 are taken");
  BOOST_TEST(why_not(torrent_of({std::vector<std::string>(16, "a")})) == "holds folders more than 16 deep");
  BOOST_TEST(why_not(torrent_of({{"a"},
                                 {std::string(200, 'a'), std::string(200, 'b'), std::string(200, 'c'),
                                  std::string(200, 'd'), std::string(200, 'e')}}))
                 .starts_with("holds a path of 10"));
  BOOST_TEST(why_not(torrent_of({{"a"}}, {}, {}, "d4:attr1:l6:lengthi0e4:pathl1:be12:symlink pathl1:aee")) ==
             "holds a symbolic link");
}

// Whatever the bytes: an answer, and paths that stay inside.
BOOST_AUTO_TEST_CASE(broken_files_are_answered) {
  const auto whole = torrent_of({{"a", "..", "b"}, {"/etc", "passwd"}, {"c"}}, {}, "udp://t.example:1");
  tests::Chance chance;
  for (int i = 0; i < 2'000; ++i) {
    auto bytes = whole;
    for (size_t changes = 1 + chance.up_to(3); changes > 0; --changes)
      bytes[chance.up_to(bytes.size() - 1)] = static_cast<char>(chance.up_to(255));
    if (chance.up_to(3) == 0) bytes.resize(chance.up_to(bytes.size() - 1));
    const auto read = read_torrent_file(bytes);
    if (!read) continue;
    for (const auto& file : read->files) BOOST_REQUIRE(("/" + file.path + "/").find("/../") == std::string::npos);
    BOOST_REQUIRE(commandhandler::parse_magnet(read->magnet()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
