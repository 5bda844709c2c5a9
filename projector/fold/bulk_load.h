#pragma once
#include "projector/fold/fold.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/table_digest.h"
#include "store/log.h"

namespace catlog::projector {

// Inserts the rows of all entities that a fold knows, each table in the order of its key, into the empty tables of
// `database`, in the caller's transaction, and returns the digests of these. A thread of its own reads the rows out of
// the log and hashes them meanwhile.
//
// Throws Contradiction when a row breaks a constraint that is enforced or holds what this version does not know,
// StorageFull, Failure(damaged) for a record that cannot be read: then the tables are worthless.
Digests bulk_load(Database& database, const Fold& fold, const store::Log& log);

}  // namespace catlog::projector
