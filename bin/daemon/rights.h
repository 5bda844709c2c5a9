#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "events/data_directory.h"

namespace catlog {

// Who besides the owner of a data directory may do what, as the daemon's options say it. Given neither group nothing is
// changed: folders are as they were made.
struct Groups {
  std::string senders;      // --group: a name or a number, or empty
  std::string auditors;     // --audit-group: the same
  std::string socket_mode;  // 600, 660, 666; empty: by the groups
};

// Sets groups and modes in a data directory; what is made there later follows its folder (store/files/own_file.h).
//
// auditors: may read log, state, read model and the notes in run/, and register as readers in LMDB's lock files; keys/
// and locks stay the owner's. No auditors: the senders are these. senders: may connect to the sockets, too; they reach
// these only as members of both groups. No senders: the owner only.
class Rights {
 public:
  // Throws Failure(usage) for a group that is not known here.
  explicit Rights(const Groups& groups);
  // Sets what is there, and this process's umask for what is to come. Throws Failure(failure), with what to do, where
  // the system does not let this user.
  void set_folders(const events::DataDirectory& data) const;
  // The same of a socket that is bound, whose mode may be given.
  void set_socket(const std::filesystem::path& socket) const;

 private:
  void set_files(const std::filesystem::path& folder) const;
  void set_file(const std::filesystem::path& file) const;
  std::optional<gid_t> senders_, readers_;
  std::optional<mode_t> socket_mode_;
};

}  // namespace catlog
