#pragma once
#include "projector/fold/fold.h"
#include "projector/sqlite/table_digest.h"
#include "store/log.h"

namespace catlog::projector {

// The digests that the read model of a fold has to have, without a read model: by the tables and defaults of this
// build's schema. Throws as FoldedTable.
Digests digests_of(const Fold& fold, const store::Log& log);

}  // namespace catlog::projector
