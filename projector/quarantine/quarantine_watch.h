#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "projector/quarantine/quarantine.h"

namespace catlog::projector {

// Notices that the list of quarantined events was changed, by one stat.
//
// Threads: one at a time.
class QuarantineWatch {
 public:
  QuarantineWatch(std::filesystem::path file, std::string log_id)
      : file_(std::move(file)), log_id_(std::move(log_id)) {}
  // The list, or what is wrong with it, the first time and whenever the file is another one than the last time.
  std::optional<std::expected<Quarantine, std::string>> changed();

 private:
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;  // 0: there is no file
    int64_t changed_s = 0, changed_ns = 0;
    off_t bytes = 0;
    bool operator==(const Stamp&) const = default;
  };
  std::filesystem::path file_;
  std::string log_id_;
  std::optional<Stamp> seen_;
};

}  // namespace catlog::projector
