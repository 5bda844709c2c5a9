#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "commandhandler/import/json_file.h"
#include "commandhandler/import/plan.h"
#include "commandhandler/import/tmdb_documents.h"

namespace catlog::commandhandler::importing {

using SeasonKey = std::pair<int64_t, int64_t>;  // the show's id and the season's number

// The season that a file is of by where it lies: tv/1396/season/2.json, with any ending.
std::optional<SeasonKey> season_of_path(std::string_view file);

// Seasons' own documents. They are placed when all documents are read, because some name their show only by the
// season's id, which a show's document lists.
//
// Threads: one at a time. Lifetime: keeps nothing of a document.
class TmdbSeasons {
 public:
  // What is known of a season's show and number beside its document.
  struct Known {
    std::optional<int64_t> show, number;
  };
  void add(const std::string& file, JsonObject document, const Known& known, PlanBuilder& plan);
  void add_listed(int64_t id, SeasonKey key) { listed_.try_emplace(id, key); }
  // Plans the seasons' episodes, the seasons themselves as far as no show describes them, and the shows that are not
  // there.
  void plan(PlanBuilder& plan);

 private:
  struct Document {
    Planned season;
    std::optional<int64_t> id;  // TMDB's
    Known known;
    std::vector<EpisodeDocument> episodes;
  };
  std::optional<SeasonKey> key_of(const Document& document) const;
  void place(Document& document, PlanBuilder& plan);
  int64_t place_episodes(Document& document, SeasonKey key, PlanBuilder& plan);

  std::vector<Document> documents_;
  std::unordered_map<int64_t, SeasonKey> listed_;  // by the seasons' ids
};

}  // namespace catlog::commandhandler::importing
