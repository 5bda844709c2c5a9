#pragma once
#include <cstdint>

namespace catlog::projector {

// What all statements of this process together may take.
struct StatementLimits {
  int64_t memory_bytes = int64_t{256} << 20;          // of SQLite
  int64_t process_bytes = int64_t{384} << 20;         // more than the process has when this is called
  int64_t temporary_file_bytes = int64_t{512} << 20;  // of sorts and intermediate tables that do not fit into memory
};

// For a process that runs what a person typed: sets the limits, for as long as it lives. Temporary files are limited of
// connections that are opened later. Beyond a limit a statement fails: Guard says which limit that was. Throws
// Failure(failure) when SQLite or the system refuses.
void limit_statements(const StatementLimits& limits);

// Whether a temporary file was refused for its limit since limit_statements. Threads: any.
bool is_temporary_space_spent();

}  // namespace catlog::projector
