#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "events/position.h"
#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"
#include "tests/support/group_member.h"

BOOST_AUTO_TEST_SUITE(names_test)

// By what is known outside what an event names by row id: the same wherever the event is told, whenever.

using namespace catlog;
using namespace catlog::tests;
using events::Position;

namespace {

using Names = std::map<Position, std::string>;

// As a command on each line, in which an actor can be given.
const char* const commands = R"({"putGenre":{"tmdbId":16,"name":"Animation"}}
{"putGenre":{"tmdbId":18,"name":"Drama"}}
{"putMovie":{"tmdbId":45745,"title":"Sintel","overview":"","releaseDate":"","poster":"","backdrop":"","imdbId":"tt1727587","genres":[{"tmdbId":18},{"tmdbId":16}]}}
{"rateMovie":{"movie":{"tmdbId":45745},"rating":7.5}}
{"putMovieTranslation":{"movie":{"tmdbId":45745},"language":"de","title":"Sintel","overview":""}}
{"removeMovieTranslation":{"movie":{"tmdbId":45745},"language":"de"}}
{"addMovieSource":{"movie":{"tmdbId":45745},"quality":"720p","type":"web","size":1,"magnetUri":"magnet:?xt=urn:btih:dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c","language":"en","title":"Sintel","seeds":1,"peers":1}}
{"startDownload":{"source":{"infoHash":"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"}}}
{"putTvShow":{"tmdbId":1396,"name":"A show","overview":"","firstAirDate":"","poster":"","backdrop":"","status":"Ended","tagline":"","type":"Scripted","inProduction":false}}
{"putSeason":{"tvShow":{"tmdbId":1396},"seasonNumber":2,"name":"Two","overview":"","airDate":"","episodeCount":1,"poster":""}}
{"putEpisode":{"season":{"tvShow":{"tmdbId":1396},"seasonNumber":2},"episodeNumber":5,"name":"Five","overview":"","airDate":""}}
{"registerUser":{"username":"ada","passwordHash":"$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S","role":"user"}}
{"actor":{"userId":1},"createMediaList":{"name":"Tonight","description":"","isPublic":false}}
{"listTitle":{"mediaList":{"id":1},"movie":{"tmdbId":45745}}}
{"recordAudit":{"user":{"username":"ada"},"action":"LOGIN","severity":"INFO"}}
{"recordSync":{"key":"tmdb","lastSync":"2026-01-15T10:30:00Z"}}
)";
// What is told of the things above when they are gone, and of others that have their natural keys.
const char* const later = R"({"removeMediaList":{"mediaList":{"id":1}}}
{"removeStorage":{"storage":{"infoHash":"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"}}}
{"removeMovieSource":{"source":{"infoHash":"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"}}}
{"removeMovie":{"movie":{"tmdbId":45745}}}
{"removeTvShow":{"tvShow":{"tmdbId":1396},"withSeasons":true}}
{"removeUser":{"user":{"username":"ada"}}}
{"removeGenre":{"genre":{"tmdbId":16}}}
{"putMovie":{"tmdbId":45745,"title":"Sintel","overview":"","releaseDate":"","poster":"","backdrop":"","imdbId":"tt1","genres":[{"tmdbId":18}]}}
)";

const std::string movie = R"("movie":{"id":1,"tmdbId":45745})",
                  source = R"("source":{"id":1,"infoHash":"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"})",
                  storage = R"("storage":{"id":1,"infoHash":"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"})",
                  show = R"("tvShow":{"id":1,"tmdbId":1396})",
                  season = R"("season":{"id":1,"tvShow":{"id":1,"tmdbId":1396},"seasonNumber":2})",
                  episode = R"("episode":{"id":1,)" + season + R"(,"episodeNumber":5})",
                  user = R"("user":{"id":1,"username":"ada"})", animation = R"({"id":1,"tmdbId":16})",
                  drama = R"({"id":2,"tmdbId":18})";

// By what the events of `commands` are known, in their order.
const std::vector<std::pair<const char*, std::string>> due{
    {"genreDescribed", R"("genre":)" + animation},
    {"genreDescribed", R"("genre":)" + drama},
    {"movieDescribed", movie},
    {"movieGenresAssigned", movie + R"(,"genres":[)" + animation + "," + drama + "]"},
    {"movieRated", movie},
    {"movieTranslated", movie},
    {"movieTranslationRemoved", movie + R"(,"language":"de")"},
    {"movieSourceAdded", movie + "," + source},
    {"swarmObserved", source},
    {"downloadStarted", storage},
    {"tvShowDescribed", show},
    {"seasonDescribed", show + "," + season},
    {"episodeDescribed", season + "," + episode},
    {"userRegistered", user},
    {"auditRecorded", user},
    {"mediaListCreated", R"("actor":{"id":1,"username":"ada"})"},
    {"movieListed", movie},
    {"auditRecorded", user},
    {"syncRecorded", ""}};

std::string names_in(const std::string& object) {
  const Row row = read_row(object);
  return row.contains("names") ? row.at("names") : "none";
}

struct Named {
  DataDirectory data{CATLOG_BIN};
  std::optional<Daemon> daemon;
  zmq::context_t context;

  Named() { start(); }
  void start() { daemon.emplace(CATLOG_BIN "/catlogd", data.path()); }
  // A subscriber that hears everything from now on.
  zmq::socket_t listening() {
    zmq::socket_t feed(context, zmq::socket_type::sub);
    for (const char* topic : {"json/", "head/"}) feed.set(zmq::sockopt::subscribe, topic);
    events::connect(feed, events::endpoint_in(data.path(), "changes.ipc"));
    BOOST_TEST_REQUIRE(receive(feed).size() == 2u);
    return feed;
  }
  static Names heard(zmq::socket_t& feed, Position up_to) {
    Names names;
    while (names.empty() || names.rbegin()->first < up_to) {
      const auto frames = receive(feed);
      BOOST_TEST_REQUIRE(!frames.empty());
      if (frames.size() == 3) names[std::stoull(read_row(frames[1]).at("position"))] = names_in(frames[1]);
    }
    return names;
  }
  Names in_log() const {
    Names names;
    std::istringstream lines(data.out_of({"log"}));
    for (std::string line; std::getline(lines, line);)
      names[std::stoull(read_row(line).at("position"))] = names_in(line);
    return names;
  }
  Names replayed(const std::string& from = "1") const {
    Names names;
    const auto count = std::to_string(data.head() - std::stoull(from) + 1);
    std::istringstream lines(data.out_of({"tail", "--from", from, "--count", count}));
    for (std::string line; std::getline(lines, line);)
      names[std::stoull(read_row(line).at("position"))] = names_in(line);
    return names;
  }
  Names handed_out(const std::string& group) {
    Names names;
    GroupMember member(context, data, group, "one");
    member.join();
    while (names.size() < data.head()) {
      const auto frames = member.ask("fetch", R"("limit":1000,"waitMs":10000,"holds":[])");
      const auto got = GroupMember::read(frames);
      BOOST_TEST_REQUIRE(!got.empty());
      for (size_t i = 0; i < got.size(); ++i) names[got[i].position] = names_in(frames.at(2 + 3 * i));
      BOOST_TEST(member.acknowledge(got));
    }
    return names;
  }
  void restart() {
    BOOST_TEST(daemon->terminate() == 0, daemon->err());
    start();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(an_events_names_are_the_same_wherever_and_whenever_it_is_told, Named) {
  auto feed = listening();
  BOOST_TEST(data.catlog({"send"}, commands).exit_code == 0);
  const Names live = heard(feed, data.head());
  BOOST_TEST_REQUIRE(live.size() == due.size());
  std::istringstream lines(data.out_of({"log"}));
  for (size_t i = 0; i < due.size(); ++i) {
    std::string line;
    std::getline(lines, line);
    BOOST_TEST(read_row(read_row(line).at("event")).begin()->first == due[i].first, line);
    BOOST_TEST(live.at(i + 1) == (due[i].second.empty() ? "none" : "{" + due[i].second + "}"), due[i].first);
  }
  BOOST_TEST(data.catlog({"send"}, later).exit_code == 0);
  Names all = heard(feed, data.head());
  all.insert(live.begin(), live.end());
  // The movie that took the natural key of one that is gone is another one.
  BOOST_TEST(all.rbegin()->second == R"({"movie":{"id":2,"tmdbId":45745},"genres":[)" + drama + "]}");

  BOOST_TEST((replayed() == all));
  BOOST_TEST((in_log() == all));
  BOOST_TEST((handed_out("index") == all));
  restart();
  for (const auto& [position, names] : all) {
    const auto from = replayed(std::to_string(position));  // of what is before it nothing is seen
    BOOST_TEST(from.at(position) == names, position);
  }
  BOOST_TEST((handed_out("another") == all));
  BOOST_TEST(daemon->terminate() == 0, daemon->err());
  BOOST_TEST((in_log() == all));
  std::filesystem::remove_all(data / "state");
  BOOST_TEST((in_log() == all));  // from the log alone
  start();
  BOOST_TEST((replayed() == all));
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");
  BOOST_TEST(daemon->terminate() == 0, daemon->err());
}

BOOST_FIXTURE_TEST_CASE(who_only_tells_events_needs_no_decision_state, Named) {
  auto feed = listening();
  BOOST_TEST(data.catlog({"send"}, commands).exit_code == 0);
  const Names all = heard(feed, data.head());
  BOOST_TEST(daemon->terminate() == 0, daemon->err());
  std::filesystem::resize_file(data / "state/data.mdb", 0);
  std::ofstream(data / "state/data.mdb") << std::string(100'000, 'x');

  std::list<Daemon> telling;
  for (const char* role : {"projector", "replay", "groups"})
    telling.emplace_back(CATLOG_BIN "/catlogd", data.path(), std::vector<std::string>{"--only", role});
  BOOST_TEST((handed_out("index") == all));
  // Somebody builds it again: whoever asks now, of what it has not in memory, asks that.
  Daemon building(CATLOG_BIN "/catlogd", data.path(), {"--only", "state"});
  const Daemon& replay = *std::next(telling.begin());
  for (auto each = all.rbegin(); each != all.rend(); ++each)  // of what is before it nothing is seen
    BOOST_TEST(replayed(std::to_string(each->first)).at(each->first) == each->second, each->first);
  BOOST_TEST(has(replay.err(), "the decision state is there"), replay.err());
  BOOST_TEST(building.terminate() == 0, building.err());
  for (Daemon& each : telling) {
    BOOST_TEST(each.terminate() == 0, each.err());
    BOOST_TEST(has(each.err(), "going on without the decision state"), each.err());
  }
  start();
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");
  BOOST_TEST(daemon->terminate() == 0, daemon->err());
}

BOOST_FIXTURE_TEST_CASE(rows_of_events_have_them_too, Named) {
  BOOST_TEST(data.catlog({"send"}, commands).exit_code == 0);
  BOOST_TEST(has(data.out_of({"log", "--format", "csv", "--type", "movieRated"}),
                 R"("{""movie"":{""id"":1,""tmdbId"":45745}}")"));
  BOOST_TEST(has(data.out_of({"describe", "movieListed"}), "Its `names`"));
  BOOST_TEST(has(data.out_of({"describe", "movieListed", "--json"}), R"("names": ["movie"])"));
}

BOOST_AUTO_TEST_SUITE_END()
