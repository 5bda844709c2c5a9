#pragma once
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "events/digest.h"
#include "store/backup/backup.h"
#include "store/backup/manifest.h"
#include "store/backup/restore.h"
#include "tests/support/log_records.h"
#include "tests/support/records.h"

namespace catlog::tests {

inline std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

inline void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

inline void flip_bit(const std::filesystem::path& file, size_t byte, int bit = 0) {
  std::string bytes = read_bytes(file);
  bytes.at(byte) = static_cast<char>(bytes.at(byte) ^ 1 << bit);
  write_bytes(file, bytes);
}

inline std::filesystem::path segment_file(const std::filesystem::path& backup, size_t number) {
  return backup / store::read_manifest(backup).segments.at(number).file;
}

// Changes the manifest's first line and makes the second right again, as somebody would who means harm.
inline void forge_manifest(const std::filesystem::path& backup, const std::string& from, const std::string& to) {
  const std::filesystem::path file = backup / "manifest.json";
  std::string line = read_bytes(file);
  line.resize(line.find('\n') + 1);
  const size_t at = line.find(from);
  CATLOG_CHECK(at != std::string::npos);
  line.replace(at, from.size(), to);
  write_bytes(file, line + "{\"sha256\":\"" + events::hex(events::sha256(line)) + "\"}\n");
}

// The script's first events up to a position, as a log's records.
inline FakeRecords prefix_of(const RecordScript& script, events::Position up_to) {
  FakeRecords records;
  for (events::Position position = 1; position <= up_to; ++position) records.push_back(to_text(script.bytes(position)));
  return records;
}

// What a restored data directory's log holds.
inline FakeRecords records_in(const std::filesystem::path& data_directory) {
  return scan(store::Log::open(data_directory / "log", store::Access::read).snapshot());
}

inline store::Restored restore(const std::filesystem::path& backup, const std::filesystem::path& data,
                               const store::RestoreTarget& target = {}) {
  store::Restore restore(backup, data);
  auto restored = restore.build(target);
  restore.publish();
  return restored;
}

}  // namespace catlog::tests
