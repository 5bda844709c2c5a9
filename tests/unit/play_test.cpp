#include <boost/test/unit_test.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bin/http/range.h"
#include "bin/torrent/engine/films.h"
#include "bin/torrent/engine/pieces.h"
#include "bin/torrent/player.h"
#include "events/error.h"
#include "tests/support/http_peer.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torrents/torrents.h"

BOOST_AUTO_TEST_SUITE(play_test)

// What players are answered, and which pieces come first: without libtorrent, over real sockets.
using namespace catlog;
using namespace catlog::tests;
using namespace catlog::torrent;
using std::chrono::milliseconds;
namespace fs = std::filesystem;

namespace {

constexpr milliseconds soon{20'000};
constexpr size_t film_bytes = 300'000;
const std::string hash(40, 'a');

std::string content(size_t bytes) {
  std::string text(bytes, '\0');
  uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  return text;
}

// A film of which as much is there as a test says.
class PlayedFilm : public Film {
 public:
  PlayedFilm(const fs::path& folder, std::vector<File> files)
      : Film(std::string(40, 'a'), folder, std::move(files), 0) {}
  void come(uint64_t reader, const File&, int64_t at) override { (*places.lock())[reader] = at; }
  void leave(uint64_t reader) override { (*places.lock()).erase(reader); }
  size_t readers() { return places.lock()->size(); }
  int64_t place() { return places.lock()->begin()->second; }
  void end() override { is_over = true; }

  std::atomic<int64_t> there = INT64_MAX;
  std::atomic<bool> is_over = false;

 private:
  std::optional<int64_t> readable(const File&, int64_t from, int64_t most) const override {
    if (is_over) return {};
    return std::clamp<int64_t>(there - from, 0, most);
  }
  // A map that two threads see.
  struct Guarded {
    std::mutex mutex;
    std::map<uint64_t, int64_t> all;
    struct Lock {
      std::unique_lock<std::mutex> held;
      std::map<uint64_t, int64_t>& all;
      std::map<uint64_t, int64_t>* operator->() { return &all; }
      std::map<uint64_t, int64_t>& operator*() { return all; }
    };
    Lock lock() { return {std::unique_lock(mutex), all}; }
  } places;
};

struct Playing {
  explicit Playing(http::Limits limits = Player::limits_of_players()) : player("tcp://127.0.0.1:0", films, limits) {
    std::ofstream(folder / "film.mkv", std::ios::binary) << film;
    fs::create_directory(folder / "subs");
    std::ofstream(folder / "subs" / "a b.srt") << "words";
    films.set({{hash, played}});
  }
  std::string server() const { return player.address().substr(0, player.address().rfind('/')); }
  std::string secret() const { return player.address().substr(player.address().rfind('/')); }
  std::string path() const { return secret() + "/" + hash; }
  std::string request(const std::string& fields, const std::string& method = "GET") const {
    return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", method, path(), fields);
  }
  HttpPeer::Answer ask(const std::string& fields) const {
    HttpPeer peer(server());
    peer.send(request(fields));
    return peer.hear();
  }

  TemporaryDirectory folder;
  std::string film = content(film_bytes);
  std::shared_ptr<PlayedFilm> played = std::make_shared<PlayedFilm>(
      folder.path(),
      std::vector<Film::File>{{"film.mkv", {0, film_bytes, 1'000}}, {"subs/a b.srt", {film_bytes, 5, 1'000}}});
  Films films{[](const std::string&) { return nullptr; }};
  Player player;
};

bool has_field(const HttpPeer::Answer& answer, const std::string& field) {
  return answer.header.find(field + "\r\n") != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(ranges_as_they_may_be_written) {
  using http::ByteRange;
  using http::read_range;
  const auto is = [](std::string_view field, ByteRange range) {
    const auto read = read_range(field, 100);
    return read && *read == range;
  };
  BOOST_TEST(is("bytes=0-0", {0, 1}));
  BOOST_TEST(is("bytes=10-19", {10, 20}));
  BOOST_TEST(is("Bytes= 10-19 ", {10, 20}));
  BOOST_TEST(is("bytes=90-", {90, 100}));
  BOOST_TEST(is("bytes=90-1000", {90, 100}));
  BOOST_TEST(is("bytes=90-99999999999999999999999999", {90, 100}));
  BOOST_TEST(is("bytes=-10", {90, 100}));
  BOOST_TEST(is("bytes=-99999999999999999999999999", {0, 100}));
  for (const char* field : {"bytes=100-", "bytes=99999999999999999999999999-", "bytes=-0", "bytes=100-200"})
    BOOST_TEST(!read_range(field, 100).has_value(), field);
  for (const char* field : {"", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=0-1,5-6", "bytes=--1",
                            "bytes=1--2", "lines=0-1", "bytes=0x1-2", "bytes=+1-2", "bytes=1 -2"})
    BOOST_TEST((read_range(field, 100).has_value() && !*read_range(field, 100)), field);
  BOOST_TEST(!read_range("bytes=0-", 0).has_value());
}

BOOST_AUTO_TEST_CASE(a_player_s_first_pieces_are_those_of_both_ends) {
  const Place place{.begin = 2'500, .size = 100'000, .piece_bytes = 1'000};
  BOOST_TEST((edges_of(place) == std::vector<int>{2, 3, 101, 102}));
  BOOST_TEST(
      (edges_of({.begin = 0, .size = 1'000'000, .piece_bytes = 4'000}) == std::vector<int>{0, 1, 2, 247, 248, 249}));
  BOOST_TEST((edges_of({.begin = 0, .size = 10, .piece_bytes = 1'000}) == std::vector<int>{0}));
  BOOST_TEST((edges_of({.begin = 995, .size = 10, .piece_bytes = 1'000}) == std::vector<int>{0, 1}));
  BOOST_TEST(edges_of({.begin = 5, .size = 0, .piece_bytes = 10}).empty());
  BOOST_TEST((pieces_of(place, 0, 500) == Pieces{2, 2}));
  BOOST_TEST((pieces_of(place, 0, 501) == Pieces{2, 3}));
  BOOST_TEST((pieces_of(place, 99'999, 200'000) == Pieces{102, 102}));
  BOOST_TEST((pieces_of(place, 7, 7) == Pieces{}));
  const auto all_but = [](int missing) { return [missing](int piece) { return piece != missing; }; };
  BOOST_TEST(bytes_there(place, 0, 100'000, all_but(2)) == 0);
  BOOST_TEST(bytes_there(place, 0, 100'000, all_but(3)) == 500);
  BOOST_TEST(bytes_there(place, 700, 100'000, all_but(5)) == 1'800);
  BOOST_TEST(bytes_there(place, 700, 1'000, all_but(5)) == 1'000);
  BOOST_TEST(bytes_there(place, 99'999, 1, all_but(2)) == 1);
}

BOOST_AUTO_TEST_CASE(a_reader_waits_for_a_second_of_pieces_and_for_some_at_least_and_at_most) {
  const Place place{.begin = 0, .size = 1'000'000, .piece_bytes = 1'000};
  BOOST_TEST((window_of(place, 10'500, 0) == Pieces{10, 11}));
  BOOST_TEST((window_of(place, 10'000, 5'000) == Pieces{10, 14}));
  BOOST_TEST((window_of(place, 10'000, INT32_MAX) == Pieces{10, 41}));
  BOOST_TEST((window_of(place, 999'999, 5'000) == Pieces{999, 999}));
  BOOST_TEST((window_of(place, 1'000'000, 5'000) == Pieces{}));
}

BOOST_FIXTURE_TEST_CASE(a_film_is_answered_whole_and_in_parts, Playing) {
  const auto whole = ask("");
  BOOST_TEST(whole.status == 200);
  BOOST_TEST((whole.body == film));
  BOOST_TEST(has_field(whole, "Content-Type: video/x-matroska"));
  BOOST_TEST(has_field(whole, "Accept-Ranges: bytes"));
  BOOST_TEST(has_field(whole, "ETag: \"" + hash + "-0\""));
  const auto part = ask("Range: bytes=100000-200001\r\n");
  BOOST_TEST(part.status == 206);
  BOOST_TEST((part.body == film.substr(100'000, 100'002)));
  BOOST_TEST(has_field(part, "Content-Range: bytes 100000-200001/300000"));
  BOOST_TEST((ask("Range: bytes=-5\r\n").body == film.substr(film_bytes - 5)));
  const auto behind = ask("Range: bytes=300000-\r\n");
  BOOST_TEST(behind.status == 416);
  BOOST_TEST(has_field(behind, "Content-Range: bytes */300000"));
  BOOST_TEST(ask("Range: bytes=0-1\r\nIf-Range: \"" + hash + "-0\"\r\n").status == 206);
  BOOST_TEST(ask("Range: bytes=0-1\r\nIf-Range: \"other\"\r\n").status == 200);
  BOOST_TEST(ask("Range: bytes=0-1,5-6\r\n").status == 200);
  BOOST_TEST(ask("Range: bytes=0-1\r\nRange: bytes=5-6\r\n").status == 200);
  HttpPeer peer(server());
  BOOST_TEST(peer.get(path() + "/subs/a%20b.srt").body == "words");
  peer.send(request("Range: bytes=7-\r\n", "HEAD"));
  const auto head = peer.hear_header();
  BOOST_TEST(head.status == 206);
  BOOST_TEST(has_field(head, "Content-Length: 299993"));
  BOOST_TEST(peer.get(path() + "/film.mkv").body.size() == film_bytes);
  BOOST_TEST((player.read_lately() == std::set<std::string>{hash}));
  BOOST_TEST(player.read_lately().empty());
}

BOOST_FIXTURE_TEST_CASE(who_does_not_know_the_secret_learns_nothing, Playing) {
  HttpPeer peer(server());
  std::string wrong = path();
  wrong[5] = wrong[5] == '0' ? '1' : '0';
  const auto nothing = peer.get("/").body;
  for (const auto& each :
       {std::string("/"), "/" + hash, wrong, secret(), secret() + "/", secret().substr(0, 20) + "/" + hash,
        secret() + "/" + std::string(40, 'b'), secret() + "/" + std::string(40, 'A'), path() + "/..%2ffilm.mkv",
        path() + "/../film.mkv", path() + "/%", path() + "/%zz", path() + "/film.mkv%00", path() + "/subs",
        path() + "//", secret() + "//" + hash}) {
    const auto answer = peer.get(each);
    BOOST_TEST(answer.status == 404, each);
    BOOST_TEST(answer.body == nothing, each);
  }
  BOOST_TEST(peer.get(path(), "example.com").status == 421);
  BOOST_TEST(player.read_lately().empty());
  BOOST_TEST(secret().size() == 65u);
  BOOST_TEST(Playing().secret() != secret());
}

BOOST_FIXTURE_TEST_CASE(what_is_no_request_for_a_film_is_refused_and_the_next_peer_is_served, Playing) {
  const auto status_of = [&](const std::string& bytes) {
    HttpPeer peer(server());
    peer.send(bytes);
    return peer.hear().status;
  };
  BOOST_TEST(status_of(request("", "POST")) == 405);
  BOOST_TEST(status_of(request("", "PUT")) == 405);
  BOOST_TEST(status_of(request("X: " + std::string(http::max_header_bytes, 'x') + "\r\n")) == 431);
  BOOST_TEST(status_of("GET " + path() + " HTTP/1.1\r\n\r\n") == 400);
  BOOST_TEST(status_of("GET http://localhost" + path() + " HTTP/1.1\r\nHost: localhost\r\n\r\n") == 400);
  BOOST_TEST(status_of(request("Content-Length: 7\r\n") + "7 bytes") == 413);
  BOOST_TEST(status_of("\x16\x03\x01\r\n\r\n") == 400);
  BOOST_TEST((ask("Range: bytes=5-9\r\n").body == film.substr(5, 5)));
  BOOST_CHECK_THROW(Player("unix:" + (folder / "socket").string(), films), events::Failure);
  BOOST_CHECK_THROW(Player("tcp://0.0.0.0:0", films), events::Failure);
}

BOOST_FIXTURE_TEST_CASE(requests_that_come_together_are_answered_in_their_order, Playing) {
  HttpPeer peer(server());
  std::string all;
  for (int at = 0; at < 20; ++at)
    all +=
        request(fmt::format("Range: bytes={}-{}\r\n", at * 10'000, at * 10'000 + 9'999), at % 5 == 4 ? "HEAD" : "GET");
  peer.send(all);
  for (size_t at = 0; at < 20; ++at) {
    const auto answer = at % 5 == 4 ? peer.hear_header() : peer.hear();
    BOOST_TEST(answer.status == 206);
    if (at % 5 != 4) BOOST_TEST((answer.body == film.substr(at * 10'000, 10'000)));
  }
}

BOOST_FIXTURE_TEST_CASE(a_reader_waits_for_what_is_not_there_and_holds_up_nobody, Playing) {
  played->there = 1'000;
  HttpPeer waits(server());
  waits.send(request(""));
  BOOST_TEST(waits.hear_header().status == 200);
  BOOST_TEST(comes_true([&] { return played->readers() == 1 && played->place() == 1'000; }));
  BOOST_TEST((ask("Range: bytes=0-99\r\n").body == film.substr(0, 100)));
  player.read_lately();
  // It reads nothing, but has it open.
  BOOST_TEST((player.open() == std::set<std::string>{hash}));
  BOOST_TEST(player.read_lately().empty());
  played->there = 2'000;
  BOOST_TEST(comes_true([&] { return played->place() == 2'000; }));
  BOOST_TEST((player.read_lately() == std::set<std::string>{hash}));  // by a request that is an old one
  played->there = INT64_MAX;
  BOOST_TEST(comes_true([&] { return played->readers() == 0; }));
  BOOST_TEST(comes_true([&] { return player.open().empty(); }));
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_goes_away_is_not_waited_for, Playing) {
  played->there = 1'000;
  {
    HttpPeer goes(server());
    goes.send(request(""));
    BOOST_TEST(goes.hear_header().status == 200);
    BOOST_TEST(comes_true([&] { return played->readers() == 1; }));
  }
  BOOST_TEST(comes_true([&] { return played->readers() == 0; }));
  BOOST_TEST(comes_true([&] { return player.open().empty(); }));
}

BOOST_FIXTURE_TEST_CASE(a_film_that_goes_on_elsewhere_is_read_on, Playing) {
  played->there = 1'000;
  HttpPeer peer(server());
  peer.send(request("Range: bytes=0-4999\r\n"));
  BOOST_TEST(comes_true([&] { return played->readers() == 1 && played->place() == 1'000; }));
  const auto before = played;
  played = std::make_shared<PlayedFilm>(folder.path(), std::vector<Film::File>{{"film.mkv", {0, film_bytes, 1'000}}});
  films.set({{hash, played}});
  BOOST_TEST((peer.hear().body == film.substr(0, 5'000)));
  BOOST_TEST(before->readers() == 0u);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_read_through_a_link_and_what_was_cut_off_ends_the_connection, Playing) {
  const auto is_cut = [&] {
    HttpPeer peer(server());
    peer.send(request("Range: bytes=200000-\r\n"));
    return peer.hear_header().status == 206 && peer.is_closed(soon);
  };
  films.set({});
  films.set({{hash, played = std::make_shared<PlayedFilm>(
                        folder.path(), std::vector<Film::File>{{"film.mkv", {0, film_bytes, 1'000}}})}});
  fs::rename(folder / "film.mkv", folder / "outside");
  fs::create_symlink(folder / "outside", folder / "film.mkv");
  std::vector<char> into(10);
  const auto& file = *played->file("");
  BOOST_TEST(!played->read(file, 0, into).has_value());
  fs::remove(folder / "film.mkv");
  BOOST_TEST(!played->read(file, 0, into).has_value());
  fs::rename(folder / "outside", folder / "film.mkv");
  BOOST_TEST((played->read(file, 7, into) == std::optional<size_t>(10)));
  BOOST_TEST((std::string(into.begin(), into.end()) == film.substr(7, 10)));
  fs::resize_file(folder / "film.mkv", 100'000);
  BOOST_TEST(!played->read(file, 200'000, into).has_value());
  BOOST_TEST(is_cut());
}

BOOST_AUTO_TEST_CASE(who_takes_nothing_is_closed_or_gives_way_and_others_are_served) {
  http::Limits limits = Player::limits_of_players();
  limits.connections = 3;
  limits.time.request = limits.time.stalled = milliseconds(1'500);
  limits.time.gives_way = milliseconds(100);
  Playing playing(limits);
  HttpPeer loris(playing.server());
  loris.send("GET /");
  playing.played->there = 10;
  HttpPeer waits(playing.server());
  waits.send(playing.request(""));
  BOOST_TEST(waits.hear_header().status == 200);
  BOOST_TEST(loris.is_closed(soon));
  BOOST_TEST(waits.is_closed(soon));                                       // nothing came to it for so long
  BOOST_TEST(comes_true([&] { return playing.played->readers() == 0; }));  // the socket is closed first
  BOOST_TEST(comes_true([&] { return playing.player.counters().timed_out.read() == 2; }));
  std::vector<HttpPeer> many;
  for (int each = 0; each < 10; ++each) {
    many.emplace_back(playing.server());
    many.back().send(playing.request(""));
    comes_true([&] { return playing.player.counters().accepted.read() == uint64_t(each) + 3; }, milliseconds(200));
  }
  BOOST_TEST(comes_true([&] { return playing.ask("Range: bytes=0-4\r\n").body == playing.film.substr(0, 5); }));
}

BOOST_AUTO_TEST_SUITE_END()
