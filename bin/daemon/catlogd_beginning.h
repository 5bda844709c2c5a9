#pragma once
#include <filesystem>

#include "events/data_directory.h"
#include "store/log.h"

namespace catlog {

// The sign begin-new-log (store/backup/restore.h) is an empty file in the data directory, by which somebody says that
// there never was a log here. The first start takes it away.

enum class IfMissing { make, refuse };

// Makes the data directory, with the sign in it, where there is nothing of its name; both are there at once. One that
// is there stays as it is. Throws Failure(usage) for a link that leads nowhere, and with `refuse` instead of making
// one; Failure(failure), StorageFull.
void prepare_data_directory(const std::filesystem::path& data, IfMissing if_missing);

// Whether a log has to be begun. Throws Failure(usage) when there is none and no sign that there never was one,
// Failure(damaged) when something there was made from a log, or a restore was cut. To be called while no other start is
// under way.
bool must_begin_log(const events::DataDirectory& data);

// Opens the log; one of the format before is made over first (store/log_format.h), which the daemon's log tells, with
// how far it is. Throws as store::Log::open and store::convert_log. To be called while no other start is under way.
store::Log open_log(const events::DataDirectory& data, store::Access access);

// To be called when the log is there: takes the sign away.
void remove_begin_sign(const std::filesystem::path& data);

}  // namespace catlog
