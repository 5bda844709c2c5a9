#include "bin/cli/scratch.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "events/error.h"

namespace catlog::cli {

namespace fs = std::filesystem;

Scratch::Scratch(const fs::path& wanted) : wanted_(wanted) {
  if (::access(wanted.c_str(), W_OK | X_OK) == 0 || errno == ENOENT) return;
  std::string name = fs::temp_directory_path() / "catlog-XXXXXX";
  if (!::mkdtemp(name.data()))
    throw events::Failure(events::Exit::failure,
                          fmt::format("cannot make a folder {}: {}", name, std::strerror(errno)));
  temporary_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

}  // namespace catlog::cli
