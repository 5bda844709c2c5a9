#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/cpu_times.h"
#include "tests/bench/in_process.h"
#include "tests/bench/load.h"
#include "tests/bench/long_log.h"
#include "tests/bench/raw_replay.h"
#include "tests/bench/raw_rows.h"
#include "tests/bench/raw_sqlite.h"
#include "tests/bench/table.h"
#include "tests/bench/watcher.h"
#include "tests/support/torrents/torrents.h"

namespace catlog::bench {

// How much each run does.
struct Counts {
  size_t existing = 10'000;          // movies, and sources
  size_t loaded = 160'000;           // commands of a run with many clients
  size_t waited = 3'000;             // commands of a run with one client
  size_t waited_by_many = 40'000;    // of one with clients that wait
  size_t changes_a_second = 20'000;  // commands of the figure of a change
  size_t seen = 500;                 // of those, in a run of their own, that are followed into the read model
  size_t titles = 50'000;            // puts of new titles
  size_t rebuilt = 400'000;          // events of a rebuild
  size_t then = 2'500'000;           // events up to the moment of the as-of figure
  size_t decided = 160'000;          // commands of the in-process figure
  size_t shorter_log = 1'000'000;    // events of the log that is replayed, and compared with the long one
  size_t many_streams = 10'000'000;  // of the in-process figure over many streams
  size_t longer_log = 10'000'000;    // events of the log that is opened after a kill
  size_t reported = 1'000'000;       // movies that are reported on, and audit rows; three times as many sources
  size_t sent_before_kill = 20'000, loaded_for_memory = 40'000;
  std::chrono::seconds settles{8}, watched_idle{10};  // a daemon that has nothing to do
  std::chrono::seconds long_readers{600};             // of the readers that stay
  size_t csv_rows = 1'000'000;
  size_t greedy = 9;                          // statements that would take everything, at the most
  unsigned limit_s = 4;                       // of each of those
  uint64_t film_bytes = uint64_t{512} << 20;  // of the torrent that is loaded
  size_t swarms = 5'000, transfers = 50;      // of a bridge
  size_t played_mib = 32;                     // of the film that is played while it loads
};

// The figures, each measured once by each call together with its raw limits.
//
// One daemon serves all figures that need it: it is started, and the titles and sources are loaded, when the first of
// them is asked for. Threads: one at a time.
class Figures {
 public:
  Figures(const std::filesystem::path& program, const Scratch& scratch, const Counts& counts, Table& table,
          const Interrupt& interrupt);

  void many(Encoding encoding);  // 32 clients with a window
  void one(Encoding encoding);   // 1 client waiting for each receipt
  void packs();                  // 8 clients that send packs
  void many_waiting();           // 32 clients, each of them waiting for each receipt
  void timeline();               // where one command's time goes
  void titles();
  void curve();
  void floods();
  void clients();
  void rebuild();
  void rebuild_inserts();
  void rebuild_updates();
  void as_of();
  void projection();
  void readers();
  void readers_long();
  void one_reader_long();
  void reader_indexes();     // with all of them, and without
  void each_reader_index();  // with all of them, and without each
  void reports();
  void in_process();
  void tree();
  void many_streams();
  void replay();
  void feed();
  void change();
  void reopen();
  void memory();
  void scrape();
  void idle();
  void play();
  void csv();
  void torrent();
  void limits();  // what statements take that would take everything
  // Stops what was started; throws Failure(failure) when it does not end well.
  void stop();

 private:
  void prepare();
  const store::Log& random_keys();   // a log of new rows whose keys are random
  const store::Log& changed_rows();  // a log of rows_that_change_ events that make rows, and changes of these
  // Of the events behind `there`, so many in each transaction; `line` says how the figure begins.
  void projection_of(const store::Log& log, events::Position there, size_t batch, const Line& line);
  const store::Log& indexed_log();  // of new rows, changes, and days of a catalogue
  void many_readers();
  LoadResult send(Shape shape, const Bodies& bodies, Encoding encoding);
  // Sends while the read model is watched, until it has everything.
  LoadResult send_and_see(Shape shape, const Bodies& bodies, Encoding encoding, std::optional<Watcher>& watcher);
  // The same load against a plain ROUTER; with a record against one with a plain LMDB behind it, with so many others.
  LoadResult echo(Shape shape, const Bodies& bodies, Encoding encoding, const std::string* record, size_t others = 0);
  RawRecords records_of(const LoadResult& load) const;
  // Events that the handler put into one commit, on average.
  size_t events_per_commit(const LoadResult& load) const;
  // Writes the rows of these commands into a plain copy of the read model; microseconds of each transaction.
  std::vector<double> update_raw(const LoadResult& load, size_t rows_per_transaction);
  void visible_to_many(const std::string& prefix, const LoadResult& load, Watcher& watcher, RawAppend& append);
  void visible_to_one(const std::string& prefix);
  void cpu_of(const std::string& prefix, const ThreadUses& before, const ThreadUses& after, size_t commands);
  // One of this many events, made when it is asked for first.
  LongLog& long_log(events::Position events);
  InProcess& in_process_writer();
  // The records that were appended.
  RawRecords measure_in_process(InProcess& writer, const Bodies& bodies, const std::string& prefix, const char* floor);
  void measure_memory(events::Position events);
  void many_transfers();

  std::filesystem::path program_;
  const Scratch& scratch_;
  Counts counts_;
  Table& table_;
  const Interrupt& interrupt_;
  Workload workload_{1};
  std::optional<Daemon> daemon_;
  std::optional<store::Log> log_;
  events::Position prepared_ = 0;  // the log's head when all titles and sources were there
  Workload in_process_workload_{2};
  std::optional<InProcess> in_process_, many_streams_;
  std::map<events::Position, std::unique_ptr<LongLog>> long_logs_;
  std::optional<RawReplay> raw_replay_, raw_updates_;
  std::optional<InProcess> inserts_, updates_, moments_;  // logs to rebuild from
  events::Position rows_that_change_ = 0;
  std::optional<TableRows> inserted_rows_, updated_rows_;
  std::optional<InProcess> random_keys_, indexed_;  // logs to project from
  std::vector<events::Position> indexed_parts_;     // where each part of the latter ends
  std::optional<tests::Torrent> film_;
  bool has_many_rows_ = false;
};

}  // namespace catlog::bench
