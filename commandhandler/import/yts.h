#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "commandhandler/import/json_file.h"
#include "commandhandler/import/languages.h"
#include "commandhandler/import/plan.h"

namespace catlog::commandhandler::importing {

// A torrent as a list offers it.
struct SourceOffer {
  Planned add;  // addMovieSource
  std::string info_hash;
  std::string imdb_id;
  std::optional<int64_t> seeds, peers;

  // Whether it says how many have the torrent; then that is news about a source that is there.
  bool is_observed() const { return seeds && peers; }
  Planned observation() const;  // observeSwarm
};

struct YtsPlan {
  std::vector<SourceOffer> offers;  // in order of the files' names, then as in the file
  std::vector<Problem> problems;
  LeftOut absent;        // members that torrents lack, and which are stored as not known
  size_t documents = 0;  // of YTS's that the files hold
};

struct YtsOptions {
  std::optional<Language> language;   // of movies that say none, or one that is not known; else they are problems
  std::vector<std::string> trackers;  // of all torrents: the lists name none
};

// One response of YTS: a list of movies or one movie, with their torrents.
void add_yts_document(const std::string& file, const JsonValue& root, const YtsOptions& options, YtsPlan& plan);
// Reads the files and plans them; what cannot be read is a problem.
YtsPlan plan_yts(const std::vector<std::string>& files, const YtsOptions& options = {});

// Chooses which offer of each infoHash is kept: the first that the catalogue takes (it takes none for a movie that is
// not there). The others become problems.
//
// Pure: judgements in, offers out. Threads: one at a time.
class SourceRounds {
 public:
  explicit SourceRounds(YtsPlan plan);
  // The offers to send now, all at once; each must be judged before the next round. Empty: every infoHash is settled.
  std::vector<size_t> next_round();
  // Tells what came of an offer that was sent.
  void judge(size_t offer, const Outcome& outcome);

  SourceOffer& offer(size_t at) { return offers_[at]; }
  size_t hashes() const { return hashes_.size(); }
  // The kept ones that the catalogue knew before and that were observed: their seeds and peers are news.
  const std::vector<size_t>& known() const { return known_; }
  // Once everything is settled: what was left out, of the plan too.
  std::vector<Problem> problems() &&;

 private:
  struct Hash {
    std::vector<size_t> offers;  // in order
    size_t tried = 0;
    bool settled = false;
    bool is_kept = false;  // the last one tried
  };
  void report_refusal(const SourceOffer& offer, const Outcome& outcome);

  std::vector<SourceOffer> offers_;
  std::vector<Problem> problems_;
  std::vector<Hash> hashes_;
  std::vector<size_t> hash_of_;  // of each offer
  std::vector<size_t> known_;
  std::set<std::pair<std::string, std::string>> missing_;  // file and imdb id of movies that are not there
};

}  // namespace catlog::commandhandler::importing
