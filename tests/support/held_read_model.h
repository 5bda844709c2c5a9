#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "projector/model/generations.h"
#include "projector/model/read_model.h"
#include "projector/projector_loop.h"
#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "projector/wal_room.h"
#include "tests/support/reader_process.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {

constexpr uint64_t small_wal_bytes = 512 << 10;
constexpr int most_batches = 200;

// Before anything that must not cross a fork.
struct ReadersBefore {
  TemporaryDirectory data;
  std::filesystem::path folder = data / "readmodel", run = data / "run";
  std::deque<ReaderProcess> readers;
  ReadersBefore() {
    std::filesystem::create_directories(run);
    for (int i = 0; i < 3; ++i) readers.emplace_back(folder / "current.sqlite");
  }
};

// A read model that is written batch by batch with a small WAL, beside readers in other processes.
struct HeldReadModel : ReadersBefore {
  store::Log log = store::Log::open(data / "log", store::Access::write);
  RecordScript script = small_catalogue();
  projector::Generations generations{folder, [](const std::string&) {}};
  std::unique_ptr<projector::ReadModel> model;
  std::vector<std::string> told, over;

  HeldReadModel() {
    add_movies(500);
    open();
    project();
    model->give_back_wal();
  }
  void add_movies(int count) {
    std::vector<EventDraft> drafts;
    for (int i = 0; i < count; ++i, ++last_movie)
      drafts.push_back(movie_described(last_movie + 1, fmt::format("Title {}", last_movie)));
    script.command(drafts);
    script.append_to(log);
  }
  void open() {
    model = std::make_unique<projector::ReadModel>(generations.prepare_live(log.id()), log.id(), log.head(),
                                                   projector::Writing::live);
  }
  void project() { projector::catch_up(*model, log, projector::whole_log); }
  projector::WalOptions options() {
    projector::WalOptions with{.limit_bytes = small_wal_bytes};
    with.on_readers_in_the_way = [this](const std::string& words) { told.push_back(words); };
    with.on_readers_gone = [this](const std::string& words) { over.push_back(words); };
    return with;
  }
  // What the log has and the read model lacks, as the loop does it. Whether another generation is live now.
  bool step(projector::WalRoom& room) {
    if (!model) open();
    const auto next = room.make(*model);
    const bool moves = next || !generations.is_current(model->file());
    if (moves) {
      room.let_go();
      model->leave();
      model.reset();
      open();
    }
    project();
    return moves;
  }
  bool write(projector::WalRoom& room) {
    add_movies(50);
    return step(room);
  }
  bool write_until_it_moves(projector::WalRoom& room) {
    for (int i = 0; i < most_batches; ++i)
      if (write(room)) return true;
    return false;
  }
  void write_until_it_waits(projector::WalRoom& room) {
    for (int i = 0; i < most_batches; ++i) write(room);
  }
  bool has_all_rows() {
    const std::filesystem::path truth = data / "truth.sqlite";
    projector::build_file(log, {}, truth, projector::whole_log);
    const auto difference =
        projector::first_difference(model->database(), projector::Database(truth, projector::Open::read));
    std::filesystem::remove(truth);
    return !difference && model->position() == log.head();
  }
  std::optional<projector::ReadersNote> note() const { return projector::read_readers_note(run, log.id()); }
  std::string named(const ReaderProcess& reader) const { return fmt::format("process {} (", reader.pid()); }

  int64_t last_movie = 2;
};

}  // namespace catlog::tests
