#pragma once
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/import/tmdb.h"
#include "commandhandler/import/yts.h"

// Small documents as TMDB and YTS give them, and the plans that are made of them.
namespace catlog::tests {

using namespace commandhandler::importing;
using events::schema::RefusalCode;

struct Document {
  std::string file, json;
};

inline Plan plan_of(const std::vector<Document>& documents, std::optional<Language> list_language = {}) {
  TmdbPlanner planner(std::move(list_language));
  JsonFileReader reader;
  for (const Document& document : documents) planner.add(document.file, reader.read_text(document.json).value());
  return std::move(planner).finish();
}

inline YtsPlan offers_of(const std::vector<Document>& documents, const std::optional<Language>& otherwise = {}) {
  YtsPlan plan;
  JsonFileReader reader;
  for (const Document& document : documents)
    add_yts_document(document.file, reader.read_text(document.json).value(), {otherwise, {}}, plan);
  return plan;
}

inline std::map<std::string, size_t> counts(const Plan& plan) {
  std::map<std::string, size_t> result;
  for (const Planned& planned : plan.commands) ++result[std::string(planned.name())];
  return result;
}

// The one command about a thing.
inline events::schema::Command::Reader find(const Plan& plan, const std::string& what) {
  const Planned* found = nullptr;
  for (const Planned& planned : plan.commands) {
    if (planned.what() != what) continue;
    BOOST_TEST_REQUIRE(!found, what << " is there twice");
    found = &planned;
  }
  BOOST_TEST_REQUIRE(found, what << " is not there");
  return found->command();
}

inline bool has(const Plan& plan, const std::string& what) {
  return std::ranges::any_of(plan.commands, [&](auto& planned) { return planned.what() == what; });
}

inline void check_one_problem(const std::vector<Problem>& problems, const std::string& file, const std::string& part) {
  BOOST_TEST_REQUIRE(problems.size() == 1);
  BOOST_TEST(problems[0].file == file);
  BOOST_TEST(problems[0].reason.find(part) != std::string::npos, problems[0].reason);
}

inline std::string text(capnp::Text::Reader from) { return from.cStr(); }

inline const std::string movie =
    R"({"id":10378,"title":"Big Buck Bunny","original_title":"Peach","overview":"A rabbit.",
  "release_date":"2008-05-20","poster_path":"/p.jpg","backdrop_path":null,"imdb_id":"tt1254207","runtime":10,
  "budget":150000,"revenue":0,"popularity":12.5,"vote_average":6,"genres":[{"id":16,"name":"Animation"},
  {"id":35,"name":"Comedy"},{"id":16,"name":"Animation"}],"translations":{"translations":[
  {"iso_639_1":"es","iso_3166_1":"ES","data":{"title":"","overview":"","tagline":""}},
  {"iso_639_1":"es","iso_3166_1":"MX","data":{"title":"El conejo","overview":"","tagline":"Hop"}},
  {"iso_639_1":"es","iso_3166_1":"AR","data":{"title":"Otro","overview":"x","tagline":""}},
  {"iso_639_1":"fr","iso_3166_1":"FR","data":{"title":null,"overview":"","tagline":""}},
  {"iso_639_1":"de","iso_3166_1":"DE","data":{"title":"","overview":"Ein Hase."}}]}})";

inline const std::string show = R"({"id":1930,"name":"Hillbillies","overview":"Oil.","first_air_date":"1962-09-26",
  "poster_path":null,"backdrop_path":"/b.jpg","external_ids":{"imdb_id":"tt0055662"},"status":"Ended","tagline":null,
  "type":"Scripted","in_production":null,"episode_run_time":[25,0,30],"popularity":20.75,"vote_average":7.2,
  "genres":[{"id":35,"name":"Comedy"}],
  "translations":{"translations":[{"iso_639_1":"de","data":{"name":"","overview":"","tagline":"Ol"}}]},
  "seasons":[{"id":71,"season_number":0,"name":"","overview":"","air_date":null,"episode_count":null,
              "poster_path":null},
             {"id":72,"season_number":1,"name":"One","overview":"First.","air_date":"1962-09-26","episode_count":36,
              "poster_path":"/s.jpg"}]})";

inline std::string episode(int64_t show_id, int season, int number, const std::string& rest = "") {
  return fmt::format(R"({{"show_id":{},"season_number":{},"episode_number":{},"name":"Name {}","overview":null,
    "air_date":"1962-09-26","runtime":null,"still_path":null{}}})",
                     show_id, season, number, number, rest);
}

inline std::string season(int number, const std::string& episodes, const std::string& rest = R"(,"id":72)") {
  return fmt::format(R"({{"season_number":{},"name":"From its file","overview":null,"air_date":null,
    "poster_path":null,"episodes":[{}]{}}})",
                     number, episodes, rest);
}

inline std::string torrent(const std::string& hash, int seeds = 5) {
  return fmt::format(R"({{"hash":"{}","quality":"1080p","type":"web","size_bytes":276445467,"seeds":{},"peers":2}})",
                     hash, seeds);
}

inline std::string torrents(const std::string& imdb_id, const std::string& list, const std::string& rest = "") {
  return fmt::format(R"({{"status":"ok","data":{{"movie_count":1,"movies":[{{"imdb_code":"{}","title":"Big & Bunny",
    "title_long":"","language":"en","torrents":[{}]{}}}]}}}})",
                     imdb_id, list, rest);
}

inline const std::string hash_a(40, 'A'), hash_b(40, 'b'), hash_c(40, 'c');

inline Outcome refusal(RefusalCode code) { return {Outcome::Verdict::refused, code, "", "said so"}; }
inline Outcome accepted() { return {Outcome::Verdict::accepted, RefusalCode::UNSET, "", ""}; }
inline Outcome unchanged() { return {Outcome::Verdict::unchanged, RefusalCode::UNSET, "", ""}; }

}  // namespace catlog::tests
