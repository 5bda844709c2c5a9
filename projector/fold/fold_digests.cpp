#include "projector/fold/fold_digests.h"

#include "projector/fold/fold_table.h"

namespace catlog::projector {

Digests digests_of(const Fold& fold, const store::Log& log) {
  const Database schema = schema_in_memory();
  Digests digests;
  RowHasher hasher;
  for (const events::EntityModel& entity : events::model().entities()) {
    if (entity.entity == events::Entity::UNSET) continue;
    TableDigest& digest = digests[entity.table];
    for_each_folded_row(fold, log, entity.entity, layout_of(schema, entity.table), [&](std::span<const Value> row) {
      for (const Value& value : row) hasher.value(value);
      digest.add(hasher.finish());
    });
  }
  return digests;
}

}  // namespace catlog::projector
