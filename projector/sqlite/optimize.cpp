#include "projector/sqlite/optimize.h"

#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

void optimize(const std::filesystem::path& read_model) {
  Database database(read_model, Open::write);
  database.leave_wal_files();
  // `PRAGMA optimize` of SQLite 3.40 looks only at tables that its own connection has asked about.
  database.run("PRAGMA analysis_limit = 400; ANALYZE");
}

}  // namespace catlog::projector
