#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "store/log.h"

namespace catlog::store {

// How much was done of all there is to do: each event is copied, and then read again. Called again and again while the
// end waits.
using ConversionProgress = std::function<void(Position done, Position all)>;
// Told once when all is done but that somebody has the log open: who, as words.
using OnHeld = std::function<void(const std::string& holder)>;

struct ConversionRoom {
  uint64_t needed_bytes = 0, free_bytes = 0;
};

struct Conversion {
  uint64_t from = 0, to = 0;
  TreeHead head;
  std::filesystem::path kept;  // the log's file as it was, beside the new one; empty when there was nothing to do
};

// What making over the log in this directory takes of its file system at most, and what that has.
ConversionRoom room_to_convert(const std::filesystem::path& log_directory, uint64_t to);
// The files under which conversions kept logs as they were; empty for what cannot be read.
std::vector<std::filesystem::path> kept_logs(const std::filesystem::path& log_directory);
// The format of the log in this directory. Throws as Log::open.
uint64_t format_of(const std::filesystem::path& log_directory);

// Makes the log in this directory over into another format, with its id, its events and its root: a copy in a folder of
// it, which is read again and compared, then takes the file's place in one step. The file as it was is kept under the
// name data.format-N.mdb, in place of an earlier one of that name; nobody needs it any more but who wants to go back to
// how the log was. Killed at any moment, the log is whole in one of the two formats, and the next opening to write, or
// conversion, removes what is left.
// Nobody may have the log open. Throws Failure(held) when somebody has at the beginning; for whoever began to read
// later it waits at the end, until `progress` throws. Throws events::StorageFull before anything is done when there is
// no room, and later when it is gone, Failure(usage) for formats that are not those above, Failure(damaged) when the
// log is not what its own tree says, Failure(failure), and what `progress` throws: then the log is as it was, or, where
// only the last step of all failed, made over.
Conversion convert_log(const std::filesystem::path& log_directory, uint64_t to, const ConversionProgress& progress = {},
                       const OnHeld& on_held = {});

}  // namespace catlog::store
