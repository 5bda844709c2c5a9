#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace catlog::projector {

// Who holds up the live read model's WAL, or keeps older files of it. While somebody does, the projector keeps a note
// of it in run/projector-readers.json, for `catlog status`.
struct ReadersNote {
  pid_t process = 0;      // whose transaction is in the WAL's way, else who keeps a file; 0: it cannot be seen
  int64_t since_us = 0;   // when it was first seen there
  size_t files_kept = 0;  // generations that took nobody's place yet, because others have them open
  std::string words;      // one line for people
  bool operator==(const ReadersNote&) const = default;
};

// `{"process":5,"since":"..","filesKept":1,"words":".."}`; process is null for 0, since without a process.
std::string to_json(const ReadersNote& note);

// Takes the old note's place, whole. False when the disk is full: then the old one stays.
bool write_readers_note(const std::filesystem::path& run_directory, const std::string& log_id, const ReadersNote& note);
void clear_readers_note(const std::filesystem::path& run_directory);
// Nothing when there is no note, it is not whole, or of another log.
std::optional<ReadersNote> read_readers_note(const std::filesystem::path& run_directory, const std::string& log_id);

}  // namespace catlog::projector
