#include "projector/fold/bulk_load.h"

#include <thread>

#include "projector/fold/batch_queue.h"

namespace catlog::projector {

using events::Entity;

namespace {

std::vector<TableLayout> layouts_in(const Database& database) {
  std::vector<TableLayout> layouts;
  for (const events::EntityModel& entity : events::model().entities())
    layouts.push_back(entity.entity == Entity::UNSET ? TableLayout() : layout_of(database, entity.table));
  return layouts;
}

// The filling thread: all tables, one after the other.
void fill_all(const Fold& fold, const store::Log& log, const std::vector<TableLayout>& layouts, BatchQueue& queue,
              Digests& digests) {
  RowHasher hasher;
  try {
    for (const events::EntityModel& entity : events::model().entities()) {
      if (entity.entity == Entity::UNSET) continue;
      TableDigest& digest = digests[entity.table];
      FoldedTable table(fold, log, entity.entity, layouts[static_cast<size_t>(entity.entity)]);
      for (LoadBatch* batch = queue.empty_one(); batch; batch = queue.empty_one()) {
        batch->entity = entity.entity;
        if (!table.fill(batch->rows)) break;
        for (size_t i = 0; i < batch->rows.rows(); ++i) {
          for (const Value& value : batch->rows.row(i)) hasher.value(value);
          digest.add(hasher.finish());
        }
        queue.filled(*batch);
      }
    }
    queue.end();
  } catch (...) {
    queue.end(events::current_failure());
  }
}

// Ends the filling thread before what it reads goes.
class Filling {
 public:
  Filling(BatchQueue& queue, std::thread thread) : queue_(queue), thread_(std::move(thread)) {}
  Filling(const Filling&) = delete;
  ~Filling() {
    queue_.cancel();
    thread_.join();
  }

 private:
  BatchQueue& queue_;
  std::thread thread_;
};

void insert(Statement& statement, std::span<const Value> row) {
  int parameter = 0;
  for (const Value& value : row) bind(statement, ++parameter, value);
  statement.run();
}

}  // namespace

Digests bulk_load(Database& database, const Fold& fold, const store::Log& log) {
  const auto layouts = layouts_in(database);
  Digests digests;  // of the filling thread until the last batch has come
  BatchQueue queue;
  const Filling filling(queue, std::thread([&] { fill_all(fold, log, layouts, queue, digests); }));
  std::optional<Statement> statement;
  Entity entity = Entity::UNSET;
  try {
    while (LoadBatch* batch = queue.filled_one()) {
      if (batch->entity != entity) {
        entity = batch->entity;
        statement.emplace(database, Sql::generated(layouts[static_cast<size_t>(entity)].insert_sql()));
      }
      for (size_t i = 0; i < batch->rows.rows(); ++i) insert(*statement, batch->rows.row(i));
      queue.emptied(*batch);
    }
  } catch (const ConstraintViolated& violated) {
    throw Contradiction(fold.position(), violated.what());
  }
  return digests;
}

}  // namespace catlog::projector
