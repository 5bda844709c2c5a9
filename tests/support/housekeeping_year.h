#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace catlog::tests {

// A catalogue that grows as Miauflix's does, and its housekeeping: real log, state, read model and backups, and time as
// an argument. Nothing is waited for but the disk.
struct Growth {
  size_t users = 100, sources = 5'000;
  size_t requests_a_day = 5'000;      // each an audit row: 97 % INFO, 2 % WARNING, 0.9 % ERROR, 0.1 % CRITICAL
  size_t observations_a_day = 2'000;  // of swarms, half of which have changed
  int64_t info_days = 90, warning_days = 365;
  size_t backup_copies = 2;
};

// Bytes, but for `rows` and `events`.
struct Sizes {
  uint64_t events = 0;
  uint64_t rows = 0;  // of all tables of the read model together
  uint64_t log = 0, state = 0, read_models = 0, as_of_files = 0, backups = 0, keys = 0, record = 0;
};

// What RUNBOOK.md, "Housekeeping", says that each may grow to.
struct MayGrow {
  static constexpr uint64_t log_bytes_an_event = 500;
  static constexpr uint64_t state_bytes_a_row = 600, state_bytes_an_event = 150;
  static constexpr uint64_t read_model_bytes_a_row = 900;  // of each generation, with the WAL's 384 MiB on top
  static constexpr uint64_t wal_bytes = uint64_t{384} << 20;
  static constexpr uint64_t backup_bytes_an_event = 350;  // of each copy
  static constexpr uint64_t key_bytes_a_user = 32;
  static constexpr uint64_t record_bytes = 8'192;
};
// Its lines in that document.
std::string may_grow_table();
// The first size that is more than that; empty: all are within it.
std::string beyond(const Sizes& sizes, const Growth& growth);
std::string to_text(const Sizes& sizes);

class HousekeepingYear {
 public:
  // In two folders that are there and empty.
  HousekeepingYear(const std::filesystem::path& data, const std::filesystem::path& backups, Growth growth);
  HousekeepingYear(const HousekeepingYear&) = delete;
  ~HousekeepingYear();

  // A day passes, in watches of four hours.
  void live_a_day();
  Sizes sizes() const;
  // Runs of a task so far, and those of them that failed.
  struct Runs {
    uint64_t all = 0, failed = 0;
  };
  Runs runs(const std::string& task) const;
  // The first difference between the read model and the log; empty: there is none.
  std::string difference();
  int64_t now_us() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace catlog::tests
