#pragma once
#include <string>
#include <vector>

#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/table_digest.h"

namespace catlog::projector {

// The names of the tables that have a digest: the entities and the links.
const std::vector<std::string>& digested_tables();

// The digests in the file's table projection_digests; a table that it does not name is missing. Throws Failure(damaged)
// when one of them cannot be read.
Digests read_digests(const Database& database);
// The digests of the rows as they are: reads every table from end to end. A table that is not there is missing. For an
// answer of one moment call it inside a transaction.
Digests scan_digests(const Database& database);
// Makes the file say these and no others. In the caller's transaction.
void write_digests(Database& database, const Digests& digests);
// Makes the file say nothing: for when rows change and nobody keeps count.
void clear_digests(Database& database);

}  // namespace catlog::projector
