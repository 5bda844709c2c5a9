#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "projector/model/read_model.h"
#include "projector/rebuild/compare.h"
#include "store/log.h"

namespace catlog::projector {

constexpr Position whole_log = UINT64_MAX;

// Told now and then how far a rebuild is.
using Progress = std::function<void(Position done, Position head)>;

// Applies the events after the model's position, up to `up_to` or the head: whole commands only, so it may end before
// `up_to`. Throws what ReadModel throws, and Failure(damaged) for an unreadable record.
void catch_up(ReadModel& model, const store::Log& log, Position up_to, const Progress& progress = {});

// How a new file comes to its rows; the rows are the same. ordered: every event in order. fold: one pass over the log
// finds the last event of each part of each row, then each row is written once (fold.h); when the fold meets a
// contradiction it starts again in order, which names the position. Where quarantined events are left out it is always
// ordered: only the rows show what cannot be applied without them.
enum class Strategy { fold, ordered };

// A new, empty file brought up to `up_to`: whole commands only, without the quarantined events. Its indexes
// are made and it is checked. Throws as build_file.
std::unique_ptr<ReadModel> build(const store::Log& log, const Quarantine& quarantine, const std::filesystem::path& file,
                                 Position up_to, Strategy strategy, const Progress& progress = {});

// The events up to the end of the last command at or before `up_to`, folded in `memory`; none is left out. Throws
// Contradiction, Failure(damaged).
Fold fold_log(const store::Log& log, Position up_to, const Progress& progress = {},
              std::pmr::memory_resource& memory = *std::pmr::new_delete_resource());

// Builds the read model as it stood at `up_to`, without the quarantined events, as a plain, checked, synced SQLite file
// in DELETE mode; returns its position (the end of the last command at or before `up_to`). It is built beside and
// renamed (building_files.h): killed at any moment, `file` is whole or not there. Throws Failure(usage) when `file` is
// there already, also when it came meanwhile: nothing is written over.
Position build_file(const store::Log& log, const Quarantine& quarantine, const std::filesystem::path& file,
                    Position up_to, const Progress& progress = {}, Strategy strategy = Strategy::fold);

// The same, made of a file of an earlier position: a copy of it, to which the events since are applied in order. Its
// cost follows these, and the file's size where the file system cannot share. What was checked when the earlier one was
// built is not checked again; each event is held to every constraint and reference. Throws as build_file, and
// Failure(damaged) when `earlier` is none of this log's, or somebody changed its schema.
Position build_file_from(const std::filesystem::path& earlier, const store::Log& log, const Quarantine& quarantine,
                         const std::filesystem::path& file, Position up_to, const Progress& progress = {});

// Brings `rebuilt` to the position of the live read model and compares the two inside one snapshot of the live one;
// returns that position. `visit` as in compare(): left is the live one. `rebuilt` must not be beyond it.
// Throws Failure(damaged) when the live one is of another log.
Position compare_with_live(ReadModel& rebuilt, const store::Log& log, const std::filesystem::path& live,
                           const std::function<bool(const Difference&)>& visit);

// The last position whose event was recorded at or before the time; 0: none.
Position position_as_of(const store::Log& log, int64_t time_us);

// refuse_if_different: as yes, and when there is a difference the new generation is thrown away.
enum class Diff { no, yes, refuse_if_different };

struct RebuildResult {
  std::filesystem::path generation;     // empty: it was refused, the live one stays
  Position position = 0;                // of the new generation when it took over
  Position compared_at = 0;             // 0: there was nothing to compare with, or no diff was asked for
  uint64_t difference_count = 0;        // left: the old one, right: the rebuilt one
  std::vector<Difference> differences;  // the first max_differences_kept of them
};

constexpr size_t max_differences_kept = 1'000;

struct RebuildOptions {
  Diff diff = Diff::no;
  Strategy strategy = Strategy::fold;
  Progress progress = {};
  // Told what the comparison found, before anything is switched.
  std::function<void(const RebuildResult&)> compared = {};
};

// Builds a new generation, without the quarantined events, beside the live one, checks it, compares it when asked, and
// puts it in the live one's place (generations.h). Whoever writes the live one goes on meanwhile. Throws Failure(held)
// when another rebuild runs, and what build_file throws: then the live one is untouched. Whatever happens before the
// switch, a crash too, leaves nothing but a file that the next rebuild removes.
RebuildResult rebuild(const store::Log& log, const Quarantine& quarantine,
                      const std::filesystem::path& read_model_directory, const std::filesystem::path& run_directory,
                      const RebuildOptions& options = {});

// Puts the generation that was kept in the live one's place and returns it; the live one is kept in turn. It stands
// where it was left: the projector catches it up. Throws Failure(refused) when none was kept, Failure(held) when a
// rebuild runs, Failure(damaged) when it is of another log, Failure(usage) when its schema is a later version's: then
// nothing was changed.
std::filesystem::path go_back(const store::Log& log, const std::filesystem::path& read_model_directory,
                              const std::filesystem::path& run_directory);

}  // namespace catlog::projector
