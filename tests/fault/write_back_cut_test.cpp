#include <boost/test/unit_test.hpp>

#include <functional>
#include <utility>

#include <fmt/format.h>

#include "projector/model/read_model.h"
#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/disk/held_pages.h"
#include "tests/support/disk/power_cut.h"
#include "tests/support/in_memory.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(write_back_cut_test)

// The power goes at every moment (CATLOG_SOAK=1) of a life in which the read model's WAL is written back by a thread
// while commits go on, so that the file has pages that nobody has synced yet, of frames that are not the WAL's last.
// In fault.power_cut each pass is over before the next commit.

using namespace catlog;
using namespace catlog::tests;
using disk::Done;
using disk::PowerCut;
using disk::Unsynced;
namespace fs = std::filesystem;

namespace {

const OfSuite<InMemory> in_memory;

constexpr size_t short_stride = 11;
constexpr int most_commits = 1'000, commits_meanwhile = 4, times_anew = 2;
constexpr const char* name = "live.sqlite";

class Cut {
 public:
  Cut() : log_(store::Log::open(beside_ / "log", store::Access::write)), recording_(files_.path()) {
    const disk::Watching watching(files_.path(), recording_);
    // A generation is whole when it gets its name.
    projector::ReadModel(files_ / name, log_.id(), log_.head(), projector::Writing::live).close();
    first_ = recording_.done().size();
    projector::ReadModel model(files_ / name, log_.id(), log_.head(), projector::Writing::live);
    model.set_write_back({.from = 64, .again_after = 8, .handed_at_once = 16, .most_by_writer = 16});
    disk::HeldPages held;
    const auto commit_until = [&](const std::function<bool()>& holds) {
      bool held_once = false;
      for (int i = 0; i < most_commits && !held_once; ++i) {
        commit(model);
        held_once = holds();
      }
      BOOST_TEST_REQUIRE(held_once);
    };
    commit_until([&] { return held.is_holding(); });
    for (int i = 0; i < commits_meanwhile; ++i) commit(model);
    BOOST_TEST_REQUIRE(held.is_holding());
    held.let_go();
    for (int times = 0; times < times_anew; ++times) {
      uint64_t before = 0;
      const auto has_begun_anew = [&] { return model.wal_bytes() < std::exchange(before, model.wal_bytes()); };
      commit_until(has_begun_anew);
    }
    model.close();
  }
  size_t first_moment() const { return first_; }
  size_t moments() const { return recording_.done().size() + 1; }

  void check(const PowerCut& cut) {
    const TemporaryDirectory image;
    build_image(recording_.done(), cut, image.path());
    projector::ReadModel model(image / name, log_.id(), log_.head(), projector::Writing::live);
    BOOST_TEST(one_value(model.database(), "PRAGMA integrity_check") == "ok");
    const fs::path truth = image / "truth.sqlite";
    if (model.position() > 0) {
      projector::build_file(log_, {}, truth, model.position());
      BOOST_TEST(!differs(model, truth), "at " << model.position());
      fs::remove(truth);
    }
    projector::catch_up(model, log_, projector::whole_log);
    projector::build_file(log_, {}, truth, projector::whole_log);
    BOOST_TEST(!differs(model, truth), "caught up");
  }

 private:
  static bool differs(projector::ReadModel& model, const fs::path& truth) {
    return projector::first_difference(model.database(), projector::Database(truth, projector::Open::read)).has_value();
  }
  // A few rows of their own and one that changes each time, so that pages are in the WAL again and again.
  void commit(projector::ReadModel& model) {
    std::vector<EventDraft> drafts;
    for (int i = 0; i < 5; ++i, ++movies_)
      drafts.push_back(movie_described(movies_ + 1, fmt::format("Title {}", movies_)));
    drafts.push_back(movie_rated(1, static_cast<double>(movies_), 3));
    script_.command(drafts);
    script_.append_to(log_);
    projector::catch_up(model, log_, projector::whole_log);
  }

  TemporaryDirectory beside_, files_;
  store::Log log_;
  RecordScript script_;
  int64_t movies_ = 0;
  size_t first_ = 0;
  disk::Recording recording_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(pages_that_are_not_synced_yet_are_of_frames_that_stay) {
  const Sampling sampling(short_stride);
  BOOST_TEST_MESSAGE("seed " << sampling.seed);
  Cut life;
  size_t cuts = 0;
  for (size_t at = life.first_moment() + sampling.first(); at < life.moments(); at += sampling.stride, ++cuts)
    for (const Unsynced unsynced : {Unsynced::nothing, Unsynced::some, Unsynced::all}) {
      const PowerCut cut{.at = at, .unsynced = unsynced, .seed = at + sampling.seed};
      BOOST_TEST_CONTEXT(to_text(cut)) life.check(cut);
    }
  BOOST_TEST(cuts > 3u);
  BOOST_TEST_MESSAGE("figures: power cuts of a pass: " << cuts << " of " << life.moments() << " moments, seed "
                                                       << sampling.seed);
}

BOOST_AUTO_TEST_SUITE_END()
