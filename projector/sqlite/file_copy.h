#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "projector/sqlite/sqlite.h"

struct sqlite3_backup;

namespace catlog::projector {

// A copy of a SQLite file, made part by part while the connection that it is copied from goes on writing: what that
// changes meanwhile is changed in the copy too. It waits for no reader.
//
// Lifetime: must go before `from`. Between transactions of `from` only. Durability: none, sync the file.
class FileCopy {
 public:
  // Makes the file; it must not be there.
  FileCopy(Database& from, const std::filesystem::path& to);
  FileCopy(const FileCopy&) = delete;

  // Copies up to so many pages more. True when that was the last of them: then it is closed, and holds the last commit
  // of `from`. Throws as Database; then the copy is of no use.
  bool copy(int pages);
  // How many pages it has, and how many of them were copied; none before the first call of copy().
  int pages() const;
  int pages_copied() const;
  const std::filesystem::path& file() const { return file_; }

 private:
  struct Finish {
    void operator()(sqlite3_backup* backup) const;
  };
  std::filesystem::path file_;
  std::unique_ptr<Database> to_;
  std::unique_ptr<sqlite3_backup, Finish> backup_;  // goes before the database
};

}  // namespace catlog::projector
