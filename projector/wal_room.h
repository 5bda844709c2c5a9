#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "projector/model/generations.h"
#include "projector/model/read_model.h"
#include "projector/sqlite/file_copy.h"
#include "projector/sqlite/readers_note.h"
#include "projector/wal_options.h"

namespace catlog::projector {

struct ProjectorCounters;

// Keeps the live read model's WAL within its limit, whoever reads: nobody who writes waits for a reader longer than
// wait_for_statements_ms.
//
// A WAL begins anew only when nobody reads an older state. Behind one who does it grows. From half of the limit on the
// file is copied, a part beside each batch, so that the copy is whole at the limit; it takes the live one's place, and
// has a WAL of its own. Readers that are done take it; the others keep the old file, which goes when nobody has it
// open. Of such files there are at most most_left_behind; then, or without space on the disk, no more is written at the
// limit.
//
// While readers matter, or keep files, run/projector-readers.json names them (readers_note.h).
//
// Threads: one at a time.
class WalRoom {
 public:
  WalRoom(const Generations& generations, std::filesystem::path run_directory, std::string log_id, WalOptions options);
  WalRoom(const WalRoom&) = delete;

  // To be called before each batch. A connection to the generation that has taken the live one's place, to be kept
  // until it is opened to be written; nothing: go on. Throws Busy, which names the readers, when no more may be
  // written, and what FileCopy and Generations throw.
  std::unique_ptr<Database> make(ReadModel& model);
  // To be called with the live read model when look_every has gone by: looks who is in the way, tells and notes it, and
  // removes files that nobody has open, as Generations does it.
  void look(ReadModel& model);
  // The same when there was no space on the disk for a batch: then they matter, whatever the WAL's length is. It looks
  // when look_every has gone by.
  void look_on_full_disk(ReadModel& model);
  // The read model is closed next: gives up a copy of it that was begun.
  void let_go() noexcept;

  // Who is in the way and what is kept, as look() found it last.
  void count_into(ProjectorCounters& counters) const;

 private:
  bool may_copy(const ReadModel& model) const;
  int pages_due(const ReadModel& model) const;
  void look_and_tell(ReadModel& model);
  void find_oldest(ReadModel& model);
  void tell(const ReadModel& model);
  void note();
  std::string who_reads() const;
  std::string what_is_kept() const;

  const Generations& generations_;
  std::filesystem::path run_directory_;
  std::string log_id_;
  WalOptions options_;
  std::unique_ptr<FileCopy> copy_;
  std::optional<WalReader> oldest_;     // in the way of the WAL
  size_t readers_ = 0;                  // of which that is one
  int64_t since_us_ = 0;                // when it was first seen
  std::vector<WalReader> left_behind_;  // one for each file that others have open
  int64_t kept_since_us_ = 0;           // when the first of them was
  bool is_seen_again_ = false;          // it, by two looks
  bool is_short_of_space_ = false;      // the disk
  std::optional<int64_t> looked_on_full_us_;
  bool was_told_ = false;
  ReadersNote noted_;
};

}  // namespace catlog::projector
