#include "projector/sqlite/unsynced.h"

#include <exception>

#include <fmt/format.h>

#include "store/files/own_file.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;

fs::path unsynced_note(const fs::path& database) {
  std::error_code is_none;
  const fs::path file = fs::canonical(database, is_none);
  return (is_none ? database : file).string() + "-unsynced";
}

bool is_unsynced(const fs::path& database) {
  std::error_code unknown;
  return fs::exists(unsynced_note(database), unknown);
}

// The note need not be on the disk: once the machine was off, whoever opens the file reads all of its WAL again. Where
// it cannot be made the words are all there is: until the kernel forgets the pages that it could not write, they are
// read as they were written, so no start, and no check of the file, finds that it is not whole.
void fail_sync(const fs::path& database, std::string_view words) {
  Exit code = Exit::failure;
  std::string not_noted;
  try {
    if (!database.empty()) store::make_own_file(unsynced_note(database), store::shared_file);
  } catch (const std::exception& failure) {
    code = Exit::damaged;
    not_noted =
        fmt::format("; run `catlog rebuild` before anything else, for this could not be noted ({})", failure.what());
  }
  throw SyncFailed(
      code, fmt::format("{}; what was written may be lost, and the file is written no more{}", words, not_noted));
}

void refuse_unsynced(const fs::path& database) {
  if (is_unsynced(database))
    throw SyncFailed(Exit::damaged,
                     fmt::format("{}: a sync of it has failed ({} is there), so what was written may be lost; run "
                                 "`catlog rebuild` if it is the live read model, else delete it",
                                 database.string(), unsynced_note(database).filename().string()));
}

}  // namespace catlog::projector
