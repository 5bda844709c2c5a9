#pragma once
#include <filesystem>
#include <string_view>

#include "events/error.h"

namespace catlog::projector {

// A sync of a file in WAL mode, or of its WAL, has failed, so what was written and not yet synced may be lost, though
// everybody reads it as it was written until the kernel forgets those pages, and the next sync succeeds. The file is
// noted as unsynced, and nobody may write it live any more.
//
// Exit::failure: another file may take its place, and who opens the same one again is refused. Exit::damaged: one that
// is noted, or could not be.
class SyncFailed : public events::Failure {
 public:
  using events::Failure::Failure;
};

// Notes it, by an empty file beside it that goes with it, and throws SyncFailed.
[[noreturn]] void fail_sync(const std::filesystem::path& database, std::string_view words);

// An empty file beside the database, while it is noted; `database` may be a link to it.
std::filesystem::path unsynced_note(const std::filesystem::path& database);
bool is_unsynced(const std::filesystem::path& database);
// Throws SyncFailed(damaged), with what to do, when it is.
void refuse_unsynced(const std::filesystem::path& database);

}  // namespace catlog::projector
