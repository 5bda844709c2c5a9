#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <map>
#include <set>

#include "events/text/datetime.h"
#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_sources_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

struct Sources : Catalogue {
  // The status that a download has come to, in a storage of its own: its id.
  int64_t storage_in(const std::string& status) {
    int64_t number = next_source_++;
    accept(source_fields(number).as("addMovieSource"));
    auto id = accept(fmt::format("{{\"startDownload\":{{\"source\":{}}}}}", source_ref(number))).effect.subject_id;
    if (status == "completed" || status == "seeding") accept(report(id, status, 1));
    if (status == "paused") accept(on("pauseDownload", id));
    if (status == "error") accept(on("failDownload", id));
    return id;
  }
  static std::string on(const char* command, int64_t id) {
    return fmt::format("{{\"{}\":{{\"storage\":{{\"id\":{}}}}}}}", command, id);
  }
  static std::string report(int64_t id, const std::string& status, double progress) {
    return transfer_fields(progress)
        .with("storage", fmt::format("{{\"id\":{}}}", id))
        .with("status", json_text(status))
        .as("reportTransfer");
  }

 private:
  int64_t next_source_ = 100;
};

Fields swarm(int64_t seeds, int64_t peers) {
  return {{"source", source_ref()}, {"seeds", std::to_string(seeds)}, {"peers", std::to_string(peers)}};
}

const std::string v2_hash = std::string(64, 'b');
const std::string v1_hash = std::string(40, 'a');

std::string v2_magnet(const std::string& hash) { return "magnet:?xt=urn:btmh:1220" + hash; }
std::string hybrid_magnet() { return "magnet:?xt=urn:btih:" + v1_hash + "&xt=urn:btmh:1220" + v2_hash; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sources, Sources)

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

BOOST_AUTO_TEST_CASE(a_hybrid_is_named_by_its_first_version_unless_told_otherwise) {
  auto source = source_fields(2).with("magnetUri", json_text(hybrid_magnet()));
  auto id = accept(source.as("addMovieSource")).effect.subject_id;
  auto found = [&](const std::string& hash) {
    auto receipt = send(swarm(50, 1).with("source", fmt::format("{{\"infoHash\":\"{}\"}}", hash)).as("observeSwarm"));
    return receipt.verdict == events::Receipt::Verdict::refused ? 0 : receipt.effect.subject_id;
  };
  BOOST_TEST(found(v1_hash) == id);
  BOOST_TEST(found(v2_hash) == 0);
  auto other = accept(source.with("infoHash", json_text(v2_hash)).as("addMovieSource")).effect.subject_id;
  BOOST_TEST(found(v2_hash) == other);
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
  BOOST_TEST(recorded(*this, on("removeStorage", 1)) == "storageRemoved");
  BOOST_TEST(recorded(*this, remove) == "movieSourceRemoved");
  BOOST_TEST(outcome(send(start)) == "notFound source");
}

BOOST_AUTO_TEST_CASE(a_transfer_whose_columns_are_wrong_is_invalid) {
  storage_in("downloading");
  check_refused(*this, each_invalid(transfer_fields().with("storage", "{\"id\":1}"), "reportTransfer",
                                    {{"downloadProgress", ""},
                                     {"downloadProgress", "null"},
                                     {"downloadProgress", "1.01"},
                                     {"downloadProgress", "-0.01"},
                                     {"uploadProgress", ""},
                                     {"uploadProgress", "2"},
                                     {"uploadProgress", "-1"},
                                     {"peers", "-1"},
                                     {"downloaded", "-1"},
                                     {"uploaded", "-1"},
                                     {"status", "\"finished\""},
                                     {"status", "\"DOWNLOADING\""},
                                     {"status", "\"unset\""},
                                     {"status", "\"\""},
                                     {"storage", "{}"}}));
  check_refused(*this, {{transfer_fields().with("storage", "{\"id\":99}").as("reportTransfer"), "notFound storage"},
                        {on("pauseDownload", 99), "notFound storage"},
                        {on("resumeDownload", 99), "notFound storage"},
                        {on("failDownload", 99), "notFound storage"},
                        {on("removeStorage", 99), "notFound storage"}});
}

BOOST_AUTO_TEST_CASE(reports_move_the_status_by_legal_transitions_only) {
  const std::vector<std::string> all = {"downloading", "completed", "seeding", "paused", "error"};
  const std::map<std::string, std::set<std::string>> legal = {
      {"downloading", {"downloading", "completed", "seeding", "error"}},
      {"completed", {"completed", "seeding", "error"}},
      {"seeding", {"seeding", "completed", "error"}},
      {"paused", {"paused"}},
      {"error", {"error"}}};
  std::vector<Refused> refused;
  for (const auto& from : all)
    for (const auto& to : all) {
      auto id = storage_in(from);
      bool allowed = legal.at(from).contains(to);
      if (!allowed)
        refused.push_back({report(id, to, 0.25), "invalid status"});
      else
        BOOST_TEST(recorded(*this, report(id, to, 0.25)) ==
                       (from == to ? "transferReported" : "transferReported downloadStatusReported"),
                   from << " to " << to);
    }
  check_refused(*this, refused);
}

BOOST_AUTO_TEST_CASE(pausing_resuming_and_failing_fit_the_status) {
  struct Step {
    const char* command;
    const char* from;
    const char* result;  // an event, or an outcome
  };
  const Step steps[] = {
      {"pauseDownload", "downloading", "downloadPaused"}, {"pauseDownload", "seeding", "downloadPaused"},
      {"pauseDownload", "completed", "invalid status"},   {"pauseDownload", "error", "invalid status"},
      {"pauseDownload", "paused", "unchanged"},           {"resumeDownload", "paused", "downloadResumed"},
      {"resumeDownload", "error", "downloadResumed"},     {"resumeDownload", "completed", "invalid status"},
      {"failDownload", "downloading", "downloadFailed"},  {"failDownload", "seeding", "downloadFailed"},
      {"failDownload", "paused", "downloadFailed"},       {"failDownload", "error", "unchanged"},
      {"failDownload", "completed", "downloadFailed"}};
  std::vector<Refused> refused;
  for (const auto& step : steps) {
    auto command = on(step.command, storage_in(step.from));
    if (std::string(step.result).find(' ') != std::string::npos) {
      refused.push_back({command, step.result});
      continue;
    }
    auto receipt = send(command);
    auto was = receipt.verdict == events::Receipt::Verdict::accepted ? events_of(*this, receipt) : outcome(receipt);
    BOOST_TEST(was == step.result, step.command << " from " << step.from << ": " << was);
  }
  check_refused(*this, refused);
}

BOOST_AUTO_TEST_CASE(a_whole_download_resumes_as_seeding) {
  auto status_after_resuming = [&](double progress) {
    auto id = storage_in("downloading");
    accept(report(id, "downloading", progress));
    accept(on("pauseDownload", id));
    auto receipt = accept(on("resumeDownload", id));
    auto snapshot = log().snapshot();
    events::RecordView view(snapshot.read(receipt.effect.last));
    return view.root().getEvent().getDownloadResumed().getStatus();
  };
  BOOST_CHECK(status_after_resuming(0.99) == events::schema::DownloadStatus::DOWNLOADING);
  BOOST_CHECK(status_after_resuming(1) == events::schema::DownloadStatus::SEEDING);
}

BOOST_AUTO_TEST_CASE(a_repeated_report_changes_nothing) {
  auto id = storage_in("downloading");
  BOOST_TEST(recorded(*this, report(id, "downloading", 0.5)) == "transferReported");
  BOOST_TEST(outcome(send(report(id, "downloading", 0.5))) == "unchanged");
  auto without_status = transfer_fields(0.5).with("storage", fmt::format("{{\"id\":{}}}", id));
  BOOST_TEST(outcome(send(without_status.as("reportTransfer"))) == "unchanged");
  BOOST_TEST(recorded(*this, report(id, "completed", 0.5)) == "downloadStatusReported");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
