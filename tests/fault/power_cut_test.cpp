#include <boost/test/unit_test.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "tests/support/catalogue_scenario.h"
#include "tests/support/child_process.h"
#include "tests/support/disk/power_cut.h"
#include "tests/support/in_memory.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(power_cut_test)

// The power goes at every moment of a scenario (CATLOG_SOAK=1). The short form takes every so many moments, beginning
// at one that the seed gives.

using namespace catlog;
using namespace catlog::tests;
using disk::Done;
using disk::Names;
using disk::PowerCut;
using disk::Unsynced;

namespace {

const OfSuite<InMemory> in_memory;

constexpr size_t short_stride = 61;
constexpr uint64_t images_by_chance = 2;  // of each moment
constexpr size_t journal_count_end = 12;  // of SQLite's journal header: its magic and the number of pages

// What a scenario did to the disk, and what it had acknowledged by when.
struct Recorded {
  std::vector<Done> done;
  std::vector<std::pair<size_t, Acknowledged>> acknowledged;

  Acknowledged before(size_t cut) const {
    Acknowledged all;
    for (const auto& [at, commands] : acknowledged)
      if (at <= cut) all = commands;
    return all;
  }
};

const Recorded& recorded() {
  static const Recorded all = [] {
    const TemporaryDirectory directory;
    disk::Recording recording(directory.path());
    Recorded result;
    {
      const disk::Watching watching(directory.path(), recording);
      Scenario scenario(directory.path());
      scenario.acknowledging = [&] {
        result.acknowledged.emplace_back(recording.done().size(), scenario.acknowledged());
      };
      scenario.run();
      scenario.finish();
      BOOST_TEST_REQUIRE(scenario.failures() == 0u, scenario.last_failure());
    }
    result.done = recording.done();
    BOOST_TEST_REQUIRE(result.acknowledged.size() > 3u);
    return result;
  }();
  return all;
}

// What is wrong with the image: found at once, or when the scenario goes on in it.
std::vector<std::string> faults_after(const std::vector<Done>& done, const PowerCut& cut, const Acknowledged& before) {
  const TemporaryDirectory image;
  build_image(done, cut, image.path());
  try {
    // As it is found: started, so that there is a read model at least, and not yet gone on with.
    { const Life started(image.path()); }
    auto found = faults_in(image.path(), before);
    for (const auto& seal : seals_without_key(image.path())) found.push_back(seal);
    if (!found.empty()) return found;
    Scenario scenario(image.path());
    scenario.finish();
    return faults_in(image.path(), scenario.acknowledged());
  } catch (const std::exception& failure) {
    return {fmt::format("cannot go on: {}", failure.what())};
  }
}

void check(const PowerCut& cut) {
  BOOST_TEST_CONTEXT(to_text(cut))
  for (const auto& found : faults_after(recorded().done, cut, recorded().before(cut.at))) BOOST_ERROR(found);
}

void cut_everywhere(Unsynced unsynced, Names names) {
  const bool has_chance = unsynced == Unsynced::some || names == Names::until_synced;
  const Sampling sampling(short_stride);
  BOOST_TEST_MESSAGE("seed " << sampling.seed);
  const uint64_t images = has_chance ? images_by_chance : 1;
  size_t cuts = 0;
  for (size_t at = sampling.first(); at <= recorded().done.size(); at += sampling.stride, ++cuts)
    for (uint64_t i = 0; i < images; ++i)
      check({.at = at, .unsynced = unsynced, .names = names, .seed = at * images + i + sampling.seed});
  BOOST_TEST(cuts > 3u);
  BOOST_TEST_MESSAGE("figures: power cuts: " << cuts << " of " << recorded().done.size() + 1 << " moments, "
                                             << cuts * images << " images, seed " << sampling.seed);
}

// Whether at least one image of a disk that was used wrongly shows it. In a process of its own: what such an image does
// to LMDB may be the end of it.
bool is_caught(const std::vector<Done>& done, const std::vector<PowerCut>& cuts) {
  return std::ranges::any_of(cuts, [&](const PowerCut& cut) {
    ChildProcess child([&](const auto&) { return faults_after(done, cut, recorded().before(cut.at)).empty() ? 0 : 1; });
    const int ended = child.wait();
    return ended == 1 || ended < 0;  // not of something else, such as a disk without room for the image
  });
}

// From the end, where most has been acknowledged that can be missed.
std::vector<PowerCut> every_fifth_of(const std::vector<Done>& done) {
  std::vector<PowerCut> cuts;
  for (size_t at = 0; at < done.size(); at += 5) cuts.push_back({.at = at});
  std::ranges::reverse(cuts);
  return cuts;
}

// Behind each header of a rollback journal that says how many pages follow: SQLite writes it with none first, and then
// its beginning again, which makes the journal count.
std::vector<PowerCut> behind_journal_headers(const std::vector<Done>& done, uint64_t images) {
  std::vector<PowerCut> cuts;
  for (size_t at = 0; at < done.size(); ++at) {
    if (done[at].what != Done::What::write || !done[at].path.ends_with("-journal") || done[at].offset != 0) continue;
    if (done[at].bytes.size() != journal_count_end) continue;
    for (uint64_t seed = 0; seed < images; ++seed)
      cuts.push_back({.at = at + 1, .unsynced = Unsynced::some, .seed = seed});
  }
  return cuts;
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_that_was_not_synced_is_there) { cut_everywhere(Unsynced::nothing, Names::at_once); }

BOOST_AUTO_TEST_CASE(some_of_it_is_there_in_any_order) { cut_everywhere(Unsynced::some, Names::at_once); }

BOOST_AUTO_TEST_CASE(all_of_it_is_there) { cut_everywhere(Unsynced::all, Names::at_once); }

BOOST_AUTO_TEST_CASE(names_are_lost_too) { cut_everywhere(Unsynced::some, Names::until_synced); }

BOOST_AUTO_TEST_CASE(nothing_is_there_and_no_name_that_was_not_synced) {
  cut_everywhere(Unsynced::nothing, Names::until_synced);
}

// SQLite's checksum of a journal's page looks at every 200th byte: a header that is on disk before its page was synced
// makes a torn page be rolled back to.
BOOST_AUTO_TEST_CASE(the_read_model_leaves_wal_mode_whole) {
  const auto cuts = behind_journal_headers(recorded().done, 8);
  BOOST_TEST(!cuts.empty());
  for (const PowerCut& cut : cuts) check(cut);
}

// The layer can fail: the same check, with a sync left out or put too late, finds it.

BOOST_AUTO_TEST_CASE(a_log_that_is_not_synced_is_caught) {
  auto done = recorded().done;
  std::erase_if(done, [](const Done& each) { return each.what == Done::What::sync && each.path == "log/data.mdb"; });
  // Positions of the acknowledgements shift down with what is left out, so a cut asks for less than it might.
  BOOST_TEST(is_caught(done, every_fifth_of(done)));
}

BOOST_AUTO_TEST_CASE(a_meta_page_before_its_data_is_caught) {
  auto done = recorded().done;
  std::vector<PowerCut> between;
  for (size_t i = 1; i < done.size(); ++i) {
    if (!done[i].is_synced || done[i].path != "log/data.mdb" || done[i - 1].what != Done::What::sync) continue;
    std::swap(done[i], done[i - 1]);
    between.push_back({.at = i});
  }
  BOOST_TEST(between.size() > 3u);
  BOOST_TEST(is_caught(done, between));
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_not_synced_is_caught) {
  auto done = recorded().done;
  std::erase_if(done,
                [](const Done& each) { return each.what == Done::What::sync && each.path.ends_with("-journal"); });
  BOOST_TEST(is_caught(done, behind_journal_headers(done, 64)));
}

BOOST_AUTO_TEST_CASE(a_meta_page_that_is_not_synced_is_caught) {
  auto done = recorded().done;
  for (Done& each : done) each.is_synced = false;
  BOOST_TEST(is_caught(done, every_fifth_of(done)));
}

BOOST_AUTO_TEST_SUITE_END()
