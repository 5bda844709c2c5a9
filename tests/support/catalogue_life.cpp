#include "tests/support/catalogue_life.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <stdexcept>

#include "events/error.h"
#include "projector/model/generations.h"
#include "projector/rebuild/rebuild.h"
#include "projector/sqlite/unsynced.h"
#include "store/records.h"

namespace catlog::tests {

namespace fs = std::filesystem;
using events::Receipt;

namespace {

// Passes, and what the writer does itself, in the order of a few commits.
constexpr projector::WriteBackOptions small_write_back{.from = 8,
                                                       .again_after = 4,
                                                       .handed_at_once = 4,
                                                       .most_by_writer = 4,
                                                       .runs = projector::WriteBackOptions::Runs::at_once};

}  // namespace

Life::Life(const fs::path& data) : data_(data) {
  fs::create_directories(data_ / "run");
  log_ = std::make_unique<store::Log>(store::Log::open(data_ / "log", store::Access::write));
  states_ =
      std::make_unique<store::StateStore>(store::StateStore::open(data_ / "state", log_->id(), store::Access::write));
  state_loop_ = std::make_unique<commandhandler::StateLoop>(*log_, *states_, context_, data_);
  state_loop_->catch_up();
  try {
    follow_link();
  } catch (const events::StorageFull&) {
    // The projector's loop tries again.
  }
  writer_ = std::make_unique<commandhandler::Writer>(*log_, *states_, data_ / "keys");
}

Life::~Life() = default;

std::vector<Receipt> Life::send(std::span<const std::string> commands, int64_t now_us) {
  commandhandler::Writer::Batch batch(*writer_, std::max(now_us, writer_->last_recorded_us()));
  std::vector<Receipt> receipts;
  for (const std::string& json : commands) {
    const auto command = events::read_command(json, events::Encoding::json);
    auto receipt = command ? batch.decide(*command) : std::nullopt;
    if (!receipt) throw std::invalid_argument("a command of a scenario can be read and has its own id: " + json);
    receipts.push_back(std::move(*receipt));
  }
  batch.commit();
  return receipts;
}

void Life::fold() {
  while (state_loop_->advance()) {
  }
}

void Life::flush() { state_loop_->flush(); }

void Life::follow_link() {
  const projector::Generations generations(data_ / "readmodel");
  if (model_ && generations.is_current(model_->file())) return;
  if (model_) model_->close();
  model_.reset();
  if (const auto live = generations.current_path(); live && projector::is_unsynced(*live)) rebuild();  // the operator
  model_ = std::make_unique<projector::ReadModel>(generations.prepare_live(log_->id()), log_->id(), log_->head(),
                                                  projector::Writing::live);
  model_->set_write_back(small_write_back);
}

void Life::project(projector::Position at_most_events) {
  follow_link();
  if (model_->position() >= log_->head()) return;
  model_->begin();
  projector::Position applied = 0;
  store::for_each_record(*log_, model_->position() + 1, projector::whole_log,
                         [&](events::schema::Record::Reader record) {
                           model_->apply(record);
                           return ++applied < at_most_events || record.getIndex() + 1 != record.getCount();
                         });
  model_->commit();
}

void Life::checkpoint() {
  follow_link();
  model_->database().run("PRAGMA wal_checkpoint(PASSIVE)");
}

void Life::rebuild() {
  projector::rebuild(*log_, projector::Quarantine(log_->id()), data_ / "readmodel", data_ / "run",
                     {.diff = projector::Diff::yes});
}

void Life::close() {
  writer_.reset();
  if (state_loop_) state_loop_->flush();
  if (!model_) return;
  try {
    model_->close();
  } catch (const events::StorageFull&) {
    // Everything is committed; it stays in the WAL until the next start.
  }
  model_.reset();
}

void Life::end() noexcept {
  writer_.reset();
  try {
    if (state_loop_) state_loop_->flush();
  } catch (const std::exception&) {
    // It has failed, or its disk has too.
  }
  try {
    if (model_) model_->close();
  } catch (const std::exception&) {
    // The same.
  }
  model_.reset();
}

}  // namespace catlog::tests
