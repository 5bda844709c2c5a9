#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_sources_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

Fields swarm(int64_t seeds, int64_t peers) {
  return {{"source", source_ref()}, {"seeds", std::to_string(seeds)}, {"peers", std::to_string(peers)}};
}

const std::string v2_hash = std::string(64, 'b');
const std::string v1_hash = std::string(40, 'a');

std::string v2_magnet(const std::string& hash) { return "magnet:?xt=urn:btmh:1220" + hash; }
std::string hybrid_magnet() { return "magnet:?xt=urn:btih:" + v1_hash + "&xt=urn:btmh:1220" + v2_hash; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sources, Catalogue)

BOOST_AUTO_TEST_CASE(a_source_whose_columns_are_wrong_is_invalid) {
  check_refused(*this, each_invalid(source_fields(2), "addMovieSource",
                                    {{"quality", ""},
                                     {"quality", "null"},
                                     {"type", ""},
                                     {"size", ""},
                                     {"size", "-1"},
                                     {"language", ""},
                                     {"language", "\"english\""},
                                     {"title", ""},
                                     {"title", "\" \""},
                                     {"seeds", "-1"},
                                     {"peers", "-1"},
                                     {"magnetUri", ""},
                                     {"magnetUri", "null"},
                                     {"magnetUri", "\"\""},
                                     {"magnetUri", "\"http://example.org/a.torrent\""},
                                     {"magnetUri", "\"magnet:?dn=no+hash\""},
                                     {"magnetUri", "\"magnet:?xt=urn:btih:1234\""}}));
}

BOOST_AUTO_TEST_CASE(the_info_hash_is_the_magnets_own) {
  auto upper = std::string(40, 'A');
  auto with_hash = [](const std::string& magnet, const std::string& hash) {
    return source_fields(2).with("magnetUri", json_text(magnet)).with("infoHash", json_text(hash)).as("addMovieSource");
  };
  check_refused(*this, {{with_hash(magnet_of(2), hash_of(3)), "invalid infoHash"},
                        {with_hash(magnet_of(2), ""), "invalid infoHash"},
                        {with_hash(magnet_of(2), hash_of(2).substr(1)), "invalid infoHash"},
                        {with_hash(v2_magnet(v2_hash), v1_hash), "invalid infoHash"},
                        {with_hash(v2_magnet(v2_hash), ""), "invalid infoHash"},
                        {with_hash(hybrid_magnet(), v2_hash.substr(0, 40)), "invalid infoHash"}});
  BOOST_TEST(outcome(send(with_hash(magnet_of(2), hash_of(2)))) == "accepted");
  // Digits are the same in capitals.
  BOOST_TEST(outcome(send(with_hash("magnet:?xt=urn:btih:" + upper, upper))) == "accepted");
  BOOST_TEST(outcome(send(with_hash("magnet:?xt=urn:btih:" + upper, v1_hash))) == "unchanged");
  BOOST_TEST(outcome(send(R"({"observeSwarm":{"source":{"infoHash":")" + upper + R"("},"seeds":1,"peers":2}})")) ==
             "accepted");
  BOOST_TEST(outcome(send(with_hash(v2_magnet(v2_hash), v2_hash))) == "accepted");
}

BOOST_AUTO_TEST_CASE(both_hashes_of_a_hybrid_are_one_source) {
  const auto add = [&](const std::string& magnet) {
    return source_fields(2).with("magnetUri", json_text(magnet)).as("addMovieSource");
  };
  const auto id = accept(add(hybrid_magnet())).effect.subject_id;
  const auto found = [&](const std::string& hash) {
    auto receipt = send(swarm(50, 1).with("source", fmt::format("{{\"infoHash\":\"{}\"}}", hash)).as("observeSwarm"));
    return receipt.verdict == events::Receipt::Verdict::refused ? 0 : receipt.effect.subject_id;
  };
  BOOST_TEST(found(v1_hash) == id);
  BOOST_TEST(found(v2_hash) == id);
  for (const auto& magnet : {hybrid_magnet(), "magnet:?xt=urn:btih:" + v1_hash, v2_magnet(v2_hash)}) {
    const auto again = send(add(magnet));
    BOOST_TEST(outcome(again) == "unchanged", magnet);
    BOOST_TEST(again.effect.subject_id == id, magnet);
  }
  BOOST_TEST(outcome(send(source_fields(2)
                              .with("magnetUri", json_text(hybrid_magnet()))
                              .with("infoHash", json_text(v2_hash))
                              .as("addMovieSource"))) == "unchanged");
  // Its download is found by either, too.
  accept(R"({"startDownload":{"source":{"infoHash":")" + v2_hash + R"("}}})");
  BOOST_TEST(recorded(*this, R"({"pauseDownload":{"storage":{"infoHash":")" + v2_hash + R"("}}})") == "downloadPaused");
  BOOST_TEST(recorded(*this, R"({"resumeDownload":{"storage":{"infoHash":")" + v1_hash + R"("}}})") ==
             "downloadResumed");
}

BOOST_AUTO_TEST_CASE(a_link_with_both_hashes_completes_a_source_that_was_known_by_one) {
  const auto add = [&](const std::string& magnet) {
    return source_fields(2).with("magnetUri", json_text(magnet)).as("addMovieSource");
  };
  const auto id = accept(add(v2_magnet(v2_hash) + "&tr=udp%3A%2F%2Fa.example")).effect.subject_id;
  const auto completed = accept(add(hybrid_magnet()));
  BOOST_TEST(events_of(*this, completed) == "movieSourceCorrected");
  BOOST_TEST(completed.effect.subject_id == id);
  // The hash that it was known by names it for ever.
  const auto event = last_event(*this, completed);
  for (const auto& part :
       {"\"infoHash\":\"" + v2_hash, "\"otherHash\":\"" + v1_hash,
        "\"magnetUri\":\"" + v2_magnet(v2_hash) + "&xt=urn:btih:" + v1_hash + "&tr=udp%3A%2F%2Fa.example\""})
    BOOST_TEST(event.find(part) != std::string::npos, part << " in " << event);
  BOOST_TEST(outcome(send(add("magnet:?xt=urn:btih:" + v1_hash))) == "unchanged");
}

BOOST_AUTO_TEST_CASE(two_sources_that_a_link_shows_to_be_one_torrent_are_told) {
  for (const auto& magnet : {"magnet:?xt=urn:btih:" + v1_hash, v2_magnet(v2_hash)})
    accept(source_fields(2).with("magnetUri", json_text(magnet)).as("addMovieSource"));
  check_refused(*this, {{source_fields(2).with("magnetUri", json_text(hybrid_magnet())).as("addMovieSource"),
                         "duplicate magnetUri"}});
}

BOOST_AUTO_TEST_CASE(a_source_is_corrected_field_by_field) {
  const auto correct = [](const Fields& fields) { return fields.as("correctMovieSource"); };
  const Fields of_one{{"source", source_ref()}};
  BOOST_TEST(recorded(*this, correct(of_one.with("quality", "\"720p\""))) ==
             "movieSourceCorrected movieSourceRescored");
  BOOST_TEST(outcome(send(correct(of_one.with("quality", "\"720p\"")))) == "unchanged");
  BOOST_TEST(outcome(send(correct(of_one))) == "unchanged");
  BOOST_TEST(recorded(*this, correct(of_one.with("title", "\"Another name\""))) == "movieSourceCorrected");
  BOOST_TEST(recorded(*this, correct(of_one.with("language", "\"fr-CA\"").with("size", "1"))) != "");
  const auto tracked = magnet_of(1) + "&tr=udp%3A%2F%2Ftracker.example%3A1337";
  const auto event = last_event(*this, accept(correct(of_one.with("magnetUri", json_text(tracked)))));
  for (const auto& part : {std::string("\"quality\":\"720p\""), std::string("\"title\":\"Another name\""),
                           std::string("\"language\":\"fr\""), std::string("\"size\":1,"),
                           "\"magnetUri\":\"" + tracked + "\"", "\"infoHash\":\"" + hash_of(1)})
    BOOST_TEST(event.find(part) != std::string::npos, part << " in " << event);
  check_refused(*this, {{correct(of_one.with("magnetUri", json_text(magnet_of(2)))), "invalid magnetUri"},
                        {correct(of_one.with("magnetUri", "\"\"")), "invalid magnetUri"},
                        {correct(of_one.with("size", "-1")), "invalid size"},
                        {correct(of_one.with("title", "\" \"")), "invalid title"},
                        {correct(of_one.with("language", "\"english\"")), "invalid language"},
                        {correct(of_one.with("source", source_ref(99))), "notFound source"}});
}

// A link may name any address as a peer, which would then be talked to; and leave files out.
BOOST_AUTO_TEST_CASE(a_link_is_kept_without_peers_nodes_and_ranges) {
  const std::string topic = "magnet:?xt=urn:btih:" + v1_hash;
  const auto sent = topic +
                    "&x.pe=192.0.2.1:6881&tr=udp%3A%2F%2Fa.example&X.PE=[2001:db8::1]:1&dht=192.0.2.7:1&so=0,2-3"
                    "&%78.pe=192.0.2.2:1&x.pe.1=192.0.2.3:1&dn=A+b";
  const auto added = accept(source_fields(2).with("magnetUri", json_text(sent)).as("addMovieSource"));
  auto snapshot = log().snapshot();
  const events::RecordView view(snapshot.read(added.effect.first));
  BOOST_TEST(std::string(view.root().getEvent().getMovieSourceAdded().getMagnetUri().cStr()) ==
             topic + "&tr=udp%3A%2F%2Fa.example&dn=A+b");
}

BOOST_AUTO_TEST_CASE(an_info_hash_is_the_source_of_one_movie) {
  accept(movie_fields(604).as("putMovie"));
  check_refused(*this, {{source_fields(1, 604).as("addMovieSource"), "duplicate infoHash"},
                        {source_fields(2, 99999).as("addMovieSource"), "notFound movie"},
                        {source_fields(2).without("movie").as("addMovieSource"), "invalid movie"}});
  auto known = send(source_fields().with("title", "\"other\"").with("seeds", "99").as("addMovieSource"));
  BOOST_TEST(outcome(known) == "unchanged");
  BOOST_TEST(known.effect.subject_id == 1);
  BOOST_TEST(recorded(*this, source_fields(2, 604).as("addMovieSource")) == "movieSourceAdded swarmObserved");
}

BOOST_AUTO_TEST_CASE(a_swarm_has_seeds_and_peers) {
  check_refused(*this,
                each_invalid(swarm(5, 5), "observeSwarm",
                             {{"seeds", ""}, {"seeds", "null"}, {"seeds", "-1"}, {"peers", ""}, {"peers", "-1"}}));
  check_refused(*this,
                {{swarm(1, 1).with("source", source_ref(99)).as("observeSwarm"), "notFound source"},
                 {swarm(1, 1).with("source", "{}").as("observeSwarm"), "invalid source"},
                 {swarm(1, 1).with("score", "10").as("observeSwarm"), "malformed observeSwarm.score"},
                 {source_fields(2).with("score", "10").as("addMovieSource"), "malformed addMovieSource.score"},
                 {source_fields(2).with("movieId", "1").as("addMovieSource"), "malformed addMovieSource.movieId"}});
}

BOOST_AUTO_TEST_CASE(a_swarm_is_recorded_when_it_changed_and_never_goes_back_in_time) {
  BOOST_TEST(outcome(send(swarm(10, 2).as("observeSwarm"))) == "unchanged");
  BOOST_TEST(recorded(*this, swarm(11, 2).as("observeSwarm")) == "swarmObserved");
  auto later = swarm(11, 2).with("lastSeen", "\"2030-01-01T00:00:00Z\"");
  BOOST_TEST(recorded(*this, later.as("observeSwarm")) == "swarmObserved");
  BOOST_TEST(outcome(send(later.as("observeSwarm"))) == "unchanged");
  BOOST_TEST(outcome(send(swarm(11, 2).with("lastSeen", "\"2029-01-01T00:00:00Z\"").as("observeSwarm"))) ==
             "unchanged");
  auto receipt = accept(swarm(12, 2).with("lastSeen", "\"2029-01-01T00:00:00Z\"").as("observeSwarm"));
  auto snapshot = log().snapshot();
  events::RecordView view(snapshot.read(receipt.effect.last));
  auto seen = view.root().getEvent().getSwarmObserved();
  BOOST_TEST(seen.getLastSeen() == *events::parse_rfc3339("2030-01-01T00:00:00Z"));
  BOOST_TEST(seen.getSeeds() == 12);
  BOOST_TEST(seen.getScore() > 0);
  BOOST_TEST(seen.getScore() <= 10);
}

// A batch of commands that change nothing once held up everybody for a minute.
BOOST_AUTO_TEST_CASE(a_message_looks_at_so_many_rows_and_not_more) {
  for (int64_t number = 2; number <= 10; ++number) accept(source_fields(number).as("addMovieSource"));
  const auto rescored = [&](size_t times) {
    return outcome(send(batch_of(std::vector<std::string>(times, R"({"rescoreSources":{"limit":10}})"))));
  };
  BOOST_TEST(rescored(6'553) == "unchanged");
  BOOST_TEST(rescored(6'554).starts_with("restricted"));
}

BOOST_AUTO_TEST_CASE(rescoring_says_where_it_came_to) {
  for (int64_t number = 2; number <= 5; ++number) accept(source_fields(number).as("addMovieSource"));
  auto none = send("{\"rescoreSources\":{}}");
  BOOST_TEST(outcome(none) == "unchanged");
  BOOST_TEST(none.effect.subject_id == 5);
  // Another runtime moves the scores, for they weigh the size by it.
  accept(movie_fields().with("runtime", "100").as("putMovie"));
  auto two = accept("{\"rescoreSources\":{\"after\":1,\"limit\":2}}");
  BOOST_TEST(events_of(*this, two) == "movieSourceRescored movieSourceRescored");
  BOOST_TEST(two.effect.subject_id == 3);
  auto rest = accept("{\"rescoreSources\":{\"after\":\"3\"}}");
  BOOST_TEST(events_of(*this, rest) == "movieSourceRescored movieSourceRescored");
  BOOST_TEST(recorded(*this, "{\"rescoreSources\":{\"after\":0,\"limit\":10000}}") == "movieSourceRescored");
  BOOST_TEST(outcome(send("{\"rescoreSources\":{\"after\":5}}")) == "unchanged");
  check_refused(*this, {{"{\"rescoreSources\":{\"limit\":0}}", "invalid limit"},
                        {"{\"rescoreSources\":{\"limit\":-1}}", "invalid limit"},
                        {"{\"rescoreSources\":{\"limit\":10001}}", "invalid limit"},
                        {"{\"rescoreSources\":{\"after\":-1}}", "invalid after"}});
}

BOOST_AUTO_TEST_CASE(rescoring_after_the_last_possible_id_is_no_trouble) {
  auto receipt = send("{\"rescoreSources\":{\"after\":\"9223372036854775807\"}}");
  BOOST_TEST(outcome(receipt) == "unchanged");
  BOOST_TEST(receipt.effect.subject_id == events::absent_int);  // none was looked at
}

BOOST_AUTO_TEST_CASE(a_source_with_a_download_is_restricted) {
  auto start = Fields{{"source", source_ref()}}.as("startDownload");
  auto remove = Fields{{"source", source_ref()}}.as("removeMovieSource");
  BOOST_TEST(recorded(*this, start) == "downloadStarted");
  check_refused(*this, {{remove, "restricted source"},
                        {start, "duplicate source"},
                        {Fields{{"source", source_ref(99)}}.as("startDownload"), "notFound source"},
                        {"{\"startDownload\":{}}", "invalid source"},
                        {Fields{{"source", source_ref(99)}}.as("removeMovieSource"), "notFound source"}});
  BOOST_TEST(recorded(*this, R"({"removeStorage":{"storage":{"id":1}}})") == "storageRemoved");
  BOOST_TEST(recorded(*this, remove) == "movieSourceRemoved");
  BOOST_TEST(outcome(send(start)) == "notFound source");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
