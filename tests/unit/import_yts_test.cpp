#include <boost/test/unit_test.hpp>

#include "tests/support/import_documents.h"

BOOST_AUTO_TEST_SUITE(import_yts_test)

using namespace catlog::tests;

BOOST_AUTO_TEST_CASE(a_torrent_becomes_a_source_of_its_movie) {
  YtsPlan plan =
      offers_of({{"y.json", torrents("tt1", torrent(hash_a))}, {"z.json", torrents("tt2", torrent(hash_b))}});
  BOOST_TEST(plan.problems.empty());
  BOOST_TEST_REQUIRE(plan.offers.size() == 2);
  auto add = std::as_const(plan.offers[0].add).command().getAddMovieSource();
  std::string lower(40, 'a');
  BOOST_TEST(text(add.getMovie().getImdbId()) == "tt1");
  BOOST_TEST(text(add.getFacts().getMagnetUri()) == "magnet:?xt=urn:btih:" + lower + "&dn=Big%20%26%20Bunny");
  BOOST_TEST(text(add.getFacts().getTitle()) == "Big & Bunny");
  BOOST_TEST(text(add.getFacts().getLanguage()) == "en");
  BOOST_TEST(text(add.getFacts().getQuality()) == "1080p");
  BOOST_TEST(text(add.getFacts().getType()) == "web");
  BOOST_TEST(add.getFacts().getSize() == 276445467);
  BOOST_TEST(add.getSwarm().getSeeds() == 5);
  BOOST_TEST(add.getSwarm().getPeers() == 2);
  Planned observation = plan.offers[0].observation();
  auto observe = std::as_const(observation).command().getObserveSwarm();
  BOOST_TEST(text(observe.getSource().getInfoHash()) == lower);
  BOOST_TEST(observe.getSwarm().getSeeds() == 5);
}

BOOST_AUTO_TEST_CASE(a_long_title_and_another_language_are_taken_from_the_list) {
  YtsPlan plan = offers_of({{"y.json", R"~({"data":{"movies":[{"imdb_code":"tt1","title":"T",
      "title_long":"T (2008)","language":"it-IT","torrents":[)~" +
                                           torrent(hash_a) + R"(]},{"imdb_code":"tt2","torrents":null}]}})"}});
  BOOST_TEST(plan.problems.empty());
  BOOST_TEST_REQUIRE(plan.offers.size() == 1);
  auto facts = std::as_const(plan.offers[0].add).command().getAddMovieSource().getFacts();
  BOOST_TEST(text(facts.getTitle()) == "T (2008)");
  BOOST_TEST(text(facts.getLanguage()) == "it");
}

// A language that was not of two letters was once English.
BOOST_AUTO_TEST_CASE(a_language_is_read_by_name_or_code_and_an_unknown_one_is_a_problem) {
  const auto listed = [](const std::string& language) {
    return fmt::format(R"({{"data":{{"movies":[{{"imdb_code":"tt1","title":"T","torrents":[{}]{}}}]}}}})",
                       torrent(hash_a), language);
  };
  const auto language_of = [](const YtsPlan& plan) {
    return text(std::as_const(plan.offers.at(0).add).command().getAddMovieSource().getFacts().getLanguage());
  };
  for (const auto& [given, expected] : std::map<std::string, std::string>{
           {"English", "en"}, {"French", "fr"}, {"jpn", "ja"}, {"Português", "pt"}, {"pt-BR", "pt"}, {"cn", "zh"}}) {
    YtsPlan plan = offers_of({{"y.json", listed(R"(,"language":")" + given + "\"")}});
    BOOST_TEST_REQUIRE(plan.problems.empty(), given);
    BOOST_TEST(language_of(plan) == expected, given);
  }
  for (const std::string bad :
       {R"(,"language":"xx")", R"(,"language":"Klingon")", R"(,"language":"")", R"(,"language":null)", ""}) {
    YtsPlan plan = offers_of({{"y.json", listed(bad)}});
    check_one_problem(plan.problems, "y.json", "the torrents of tt1 are left out: ");
    BOOST_TEST(plan.problems[0].reason.find("data.movies[0].language") != std::string::npos, plan.problems[0].reason);
    BOOST_TEST(plan.offers.empty());
    YtsPlan asked = offers_of({{"y.json", listed(bad)}}, read_language("Korean"));
    BOOST_TEST(asked.problems.empty());
    BOOST_TEST(language_of(asked) == "ko");
  }
  YtsPlan plan = offers_of({{"y.json", listed(R"(,"language":7)")}});
  check_one_problem(plan.problems, "y.json", "`data.movies[0].language` is no text but 7");
}

BOOST_AUTO_TEST_CASE(torrents_that_cannot_be_read_are_problems) {
  BOOST_TEST(offers_of({{"y.json", R"({"status":"ok","data":{"movie_count":0,"limit":20}})"}}).problems.empty());
  for (const std::string& bad : std::vector<std::string>{
           "{}", "5", movie, R"({"status":"error","status_message":"no"})", R"({"data":{"movie_count":1,"movies":5}})",
           R"({"data":{"movies":[7]}})", R"({"data":{"movies":[{"title":"T","torrents":[]}]}})",
           R"({"data":{"movies":[{"imdb_code":"tt1","torrents":{}}]}})", torrents("tt1", "5"),
           torrents("tt1", torrent("abc")), torrents("tt1", torrent(std::string(40, 'g'))),
           torrents("tt1", R"({"hash":")" + hash_a + R"(","seeds":"many"})")}) {
    YtsPlan plan = offers_of({{"y.json", bad}, {"z.json", torrents("tt2", torrent(hash_b))}});
    BOOST_TEST_CONTEXT(bad) {
      BOOST_TEST_REQUIRE(plan.problems.size() == 1);
      BOOST_TEST(plan.problems[0].file == "y.json");
      BOOST_TEST(plan.offers.size() == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_info_hash_keeps_its_first_offer_and_the_others_are_reported) {
  SourceRounds rounds(offers_of({{"a.json", torrents("tt1", torrent(hash_a))},
                                 {"b.json", torrents("tt2", torrent(std::string(40, 'a')) + "," + torrent(hash_b))}}));
  BOOST_TEST(rounds.hashes() == 2);
  BOOST_TEST((rounds.next_round() == std::vector<size_t>{0, 2}));
  rounds.judge(0, accepted());
  rounds.judge(2, unchanged());
  BOOST_TEST(rounds.next_round().empty());
  BOOST_TEST((rounds.known() == std::vector<size_t>{2}));
  check_one_problem(std::move(rounds).problems(), "b.json", "occurs again for tt2, kept for tt1 of a.json");
}

BOOST_AUTO_TEST_CASE(an_offer_for_a_missing_movie_gives_way_to_the_next) {
  SourceRounds rounds(offers_of({{"a.json", torrents("tt1", torrent(hash_a) + "," + torrent(hash_b))},
                                 {"b.json", torrents("tt2", torrent(hash_a))},
                                 {"c.json", torrents("tt3", torrent(hash_a))}}));
  BOOST_TEST((rounds.next_round() == std::vector<size_t>{0, 1}));
  rounds.judge(0, refusal(RefusalCode::NOT_FOUND));
  rounds.judge(1, refusal(RefusalCode::NOT_FOUND));
  BOOST_TEST((rounds.next_round() == std::vector<size_t>{2}));
  rounds.judge(2, accepted());
  BOOST_TEST(rounds.next_round().empty());
  BOOST_TEST(rounds.known().empty());
  auto problems = std::move(rounds).problems();
  BOOST_TEST_REQUIRE(problems.size() == 2);
  BOOST_TEST(problems[0].file == "a.json");
  BOOST_TEST(problems[0].reason.starts_with("tt1 is not in the catalogue"));
  BOOST_TEST(problems[1].file == "c.json");
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_reported_and_its_owner_is_still_observed) {
  SourceRounds rounds(
      offers_of({{"a.json", torrents("tt1", torrent(hash_a))}, {"b.json", torrents("tt2", torrent(hash_a, 9))}}));
  rounds.judge(0, refusal(RefusalCode::DUPLICATE));
  BOOST_TEST((rounds.next_round() == std::vector<size_t>{1}));
  rounds.judge(1, unchanged());
  BOOST_TEST((rounds.known() == std::vector<size_t>{1}));
  check_one_problem(std::move(rounds).problems(), "a.json", "duplicate");
}

BOOST_AUTO_TEST_CASE(a_daemon_without_room_gives_no_source_to_a_later_movie) {
  SourceRounds rounds(
      offers_of({{"a.json", torrents("tt1", torrent(hash_a))}, {"b.json", torrents("tt2", torrent(hash_a))}}));
  rounds.judge(0, refusal(RefusalCode::STORAGE_FULL));
  BOOST_TEST(rounds.next_round().empty());
  check_one_problem(std::move(rounds).problems(), "a.json", "storageFull");
}

BOOST_AUTO_TEST_CASE(a_torrent_that_does_not_say_its_seeds_is_no_observation) {
  std::string unseen = torrent(hash_a);
  unseen.replace(unseen.find("\"seeds\":5"), 9, "\"seeds\":null");
  SourceRounds rounds(offers_of({{"a.json", torrents("tt1", unseen + "," + torrent(hash_b))}}));
  for (size_t at : rounds.next_round()) rounds.judge(at, unchanged());
  BOOST_TEST((rounds.known() == std::vector<size_t>{1}));
  BOOST_TEST(std::move(rounds).problems().empty());
}

BOOST_AUTO_TEST_CASE(what_a_torrent_does_not_say_is_counted) {
  const std::string bare = R"({"hash":")" + std::string(hash_a) + R"(","type":null,"seeds":1,"peers":1})";
  const YtsPlan plan = offers_of({{"a.json", torrents("tt1", bare + "," + torrent(hash_b))}});
  BOOST_TEST(plan.problems.empty());
  BOOST_TEST((plan.absent == LeftOut{{"`quality`", 1}, {"`type`", 1}, {"`size_bytes`", 1}}));
}

BOOST_AUTO_TEST_SUITE_END()
