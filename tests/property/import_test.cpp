#include "events/schema/record.h"

#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "events/codec/message.h"
#include "events/text/uuid.h"
#include "projector/model/read_model.h"
#include "tests/support/import_documents.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(import_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

const OfSuite<FewCasesSanitized> few_cases_sanitized;

using Documents = std::vector<Document>;

std::string film(int id, const std::string& genres, const std::string& texts) {
  return fmt::format(
      R"({{"id":{0},"title":"Film {0}","original_title":"F","overview":"Of {0}","release_date":"2001-02-03",
    "poster_path":"/p{0}.jpg","backdrop_path":null,"imdb_id":"tt{0}","runtime":90,"budget":0,"revenue":5,
    "popularity":2.5,"vote_average":6,"genres":[{1}],"translations":{{"translations":[{2}]}},"images":{{"posters":[1]}}}})",
      id, genres, texts);
}

std::string text_in(const std::string& language, const std::string& region, const std::string& title,
                    const std::string& overview) {
  return fmt::format(R"({{"iso_639_1":"{}","iso_3166_1":"{}","data":{{"title":"{}","overview":"{}","tagline":""}}}})",
                     language, region, title, overview);
}

std::string listed_season(int show, int number) {
  return fmt::format(R"({{"id":{0}0{1},"season_number":{1},"name":"Season {1}","air_date":"2001-01-01",
    "episode_count":10,"overview":"as listed","poster_path":"/l.jpg"}})",
                     show, number);
}

std::string series(int id, const std::string& seasons, const std::string& rest = "") {
  return fmt::format(R"({{"id":{0},"name":"Series {0}","original_name":"S","overview":"","first_air_date":"2001-01-01",
    "poster_path":null,"backdrop_path":null,"external_ids":{{"imdb_id":"tt{0}"}},"status":"Ended","tagline":"",
    "type":"Scripted","in_production":false,"episode_run_time":[20],"popularity":1,"vote_average":7,
    "genres":[{{"id":18,"name":"Drama"}}],"seasons":[{1}]{2}}})",
                     id, seasons, rest);
}

std::string own_season(int show, int number, int episodes) {
  std::string list;
  for (int at = 1; at <= episodes; ++at)
    list += fmt::format(R"({}{{"show_id":{},"season_number":{},"episode_number":{},"name":"E{}","overview":"",
      "air_date":"2001-01-0{}","runtime":20,"still_path":null}})",
                        at > 1 ? "," : "", show, number, at, at, at);
  return fmt::format(R"({{"_id":"x","id":{0}0{1},"season_number":{1},"name":"Its own","air_date":"2001-01-01",
    "overview":"from its document","poster_path":"/d.jpg","episodes":[{2}]}})",
                     show, number, list);
}

std::string genre(int id, const std::string& name) { return fmt::format(R"({{"id":{},"name":"{}"}})", id, name); }
std::string genres(const std::string& list) { return fmt::format(R"({{"genres":[{}]}})", list); }

// Documents that tell of the same things, none of which contradicts another of its kind.
Documents all_documents() {
  return {
      {"movie/1.json", film(1, genre(18, "Drama") + "," + genre(27, "Horror"),
                            text_in("pt", "PT", "", "Sinopse") + "," + text_in("pt", "BR", "Filme", "Outra"))},
      {"movie/2.json", film(2, genre(18, "Drame") + "," + genre(4711, "Rare"), text_in("fr", "FR", "Le film", ""))},
      {"movie/2-short.json", R"({"id":2,"title":"Film two","imdb_id":"tt2","genres":[{"id":35,"name":"Comédie"}]})"},
      {"genre/movie-en.json", genres(genre(18, "Drama") + "," + genre(27, "Horror"))},
      {"genre/movie-fr.json", genres(genre(18, "Drame") + "," + genre(27, "Horreur"))},
      {"genre/movie-fr-CA.json", genres(genre(18, "Un drame") + "," + genre(35, "Une comédie"))},
      {"genre/list.json", genres(genre(35, "Comedy") + "," + genre(27, "Horror"))},
      {"genre/liste.json", genres(genre(35, "Komödie") + "," + genre(18, "Trauerspiel"))},
      {"tv/9.json", series(9, listed_season(9, 1) + "," + listed_season(9, 2))},
      {"tv/9/season/1.json", own_season(9, 1, 3)},
      {"tv/9/season/2.json", own_season(9, 2, 2)},
      {"tv/9/season/3.json", own_season(9, 3, 1)},
      {"tv/8.json", series(8, listed_season(8, 1), R"(,"season/1":)" + own_season(8, 1, 2))},
      {"tv/8/season/1.json", own_season(8, 1, 2)},
      {"tv/8/season/2.json", own_season(8, 2, 4)},
      {"tv/8-short.json", R"({"id":8,"name":"Eight","first_air_date":"1999-01-01","seasons":[]})"},
      {"tv/7-short.json", R"({"id":7,"name":"Seven","seasons":[],"vote_average":3})"},
      {"tv/7/season/1.json", own_season(7, 1, 2)},
      {"tv/6/season/1.json", own_season(6, 1, 1)},
  };
}

class Catalogue {
 public:
  // One run.
  void import(Documents documents) {
    std::ranges::sort(documents, {}, &Document::file);
    Plan plan = plan_of(documents);
    std::vector<Planned*> commands, otherwise;
    for (Planned& planned : plan.commands) commands.push_back(&planned);
    for (const Planned* left : send(commands))
      if (left->otherwise()) otherwise.push_back(left->otherwise());
    send(otherwise);
  }

  events::Position head() { return side_.log().head(); }

  // What the read model holds, without ids and times.
  std::vector<std::string> rows() {
    TemporaryDirectory folder;
    const auto snapshot = side_.log().snapshot();
    projector::ReadModel model(folder / "rows.sqlite", side_.log().id(), snapshot.head(), projector::Writing::live);
    model.begin();
    snapshot.scan(1, [&](events::Position, store::Bytes bytes) {
      model.apply(events::RecordView(bytes).root());
      return true;
    });
    model.commit();
    std::vector<std::string> rows;
    for (const char* sql : queries) {
      projector::Statement statement(model.database(), projector::Sql::generated(sql));
      while (statement.step()) rows.emplace_back(statement.text(0));
    }
    return rows;
  }

 private:
  // Only what a lighter document says of a thing that is there is refused: those.
  std::vector<const Planned*> send(const std::vector<Planned*>& planned) {
    std::vector<std::string> commands;
    for (Planned* one : planned) {
      give_ids(one->command());
      commands.push_back(events::encode(one->command().asReader(), events::Encoding::json));
    }
    const auto receipts = side_.send_together(commands);
    side_.settle();
    std::vector<const Planned*> left;
    for (size_t at = 0; at < receipts.size(); ++at) {
      const auto& receipt = receipts[at].value();
      if (receipt.verdict != events::Receipt::Verdict::refused) continue;
      const bool is_left =
          receipt.refusal.code == RefusalCode::VERSION_CONFLICT && planned[at]->weight() != Weight::whole;
      if (!is_left) RC_FAIL(planned[at]->what() + ": " + receipt.refusal.message);
      left.push_back(planned[at]);
    }
    return left;
  }
  static void give_ids(events::schema::Command::Builder command) {
    command.setId(events::to_string(events::new_uuid()));
    if (!command.isBatch()) return;
    for (auto member : command.getBatch().getCommands()) give_ids(member);
  }

  static constexpr const char* queries[] = {
      "SELECT json_array(tmdbId,imdbId,title,overview,releaseDate,poster,runtime,revenue,popularity,rating) FROM "
      "movies "
      "ORDER BY tmdbId",
      "SELECT json_array(tmdbId,imdbId,name,status,type,episodeRunTime,popularity,rating) FROM tv_shows ORDER BY "
      "tmdbId",
      "SELECT json_array(t.tmdbId,s.seasonNumber,s.name,s.overview,s.airDate,s.poster,s.episodeCount) FROM seasons s "
      "JOIN tv_shows t ON t.id=s.tvShowId ORDER BY 1",
      "SELECT json_array(t.tmdbId,s.seasonNumber,e.episodeNumber,e.name,e.airDate,e.runtime) FROM episodes e JOIN "
      "seasons s ON s.id=e.seasonId JOIN tv_shows t ON t.id=s.tvShowId ORDER BY 1",
      "SELECT json_array(tmdbId,name) FROM genres ORDER BY tmdbId",
      "SELECT json_array(g.tmdbId,t.language,t.name) FROM genre_translations t JOIN genres g ON g.id=t.genreId ORDER "
      "BY 1",
      "SELECT json_array(m.tmdbId,t.language,t.title,t.overview,t.tagline) FROM movie_translations t JOIN movies m ON "
      "m.id=t.movieId ORDER BY 1",
      "SELECT json_array(m.tmdbId,g.tmdbId) FROM movie_genres x JOIN movies m ON m.id=x.movieId JOIN genres g ON "
      "g.id=x.genreId ORDER BY 1",
      "SELECT json_array(m.tmdbId,g.tmdbId) FROM tv_show_genres x JOIN tv_shows m ON m.id=x.tvShowId JOIN genres g ON "
      "g.id=x.genreId ORDER BY 1",
  };
  WriteSide side_;
};

Documents chosen(std::mt19937_64& random) {
  Documents documents = all_documents();
  std::ranges::shuffle(documents, random);
  documents.resize(1 + random() % documents.size());
  return documents;
}

std::vector<Documents> runs_of(Documents documents, std::mt19937_64& random) {
  std::ranges::shuffle(documents, random);
  std::vector<Documents> runs(1);
  for (Document& document : documents) {
    if (!runs.back().empty() && random() % 3 > 0) runs.emplace_back();
    runs.back().push_back(std::move(document));
  }
  return runs;
}

}  // namespace

BOOST_AUTO_TEST_CASE(any_split_into_runs_in_any_order_gives_the_same_rows_and_again_changes_nothing) {
  BOOST_TEST(rc::check("runs of an import", [](uint64_t seed) {
    std::mt19937_64 random(seed);
    const Documents documents = chosen(random);
    Catalogue whole, split;
    whole.import(documents);
    const auto runs = runs_of(documents, random);
    for (const Documents& run : runs) split.import(run);
    RC_ASSERT(split.rows() == whole.rows());

    const auto heads = std::pair(whole.head(), split.head());
    whole.import(documents);
    for (const Documents& run : runs_of(documents, random)) split.import(run);
    RC_ASSERT(heads == std::pair(whole.head(), split.head()));
  }));
}

BOOST_AUTO_TEST_SUITE_END()
