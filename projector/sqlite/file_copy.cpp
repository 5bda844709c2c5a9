#include "projector/sqlite/file_copy.h"

#include <sqlite3.h>

namespace catlog::projector {

FileCopy::FileCopy(Database& from, const std::filesystem::path& to)
    : file_(to), to_(std::make_unique<Database>(to, Open::create)) {
  to_->run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  backup_.reset(sqlite3_backup_init(to_->handle(), "main", from.handle(), "main"));
  if (!backup_) throw_sqlite_error(to_->handle(), sqlite3_errcode(to_->handle()), "beginning a copy");
}

void FileCopy::Finish::operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }

bool FileCopy::copy(int pages) {
  const int code = sqlite3_backup_step(backup_.get(), pages);
  if (code == SQLITE_OK) return false;
  if (code != SQLITE_DONE) throw_sqlite_error(to_->handle(), code, "copying");
  backup_.reset();
  to_.reset();
  return true;
}

int FileCopy::pages() const { return backup_ ? sqlite3_backup_pagecount(backup_.get()) : 0; }

int FileCopy::pages_copied() const { return backup_ ? pages() - sqlite3_backup_remaining(backup_.get()) : 0; }

}  // namespace catlog::projector
