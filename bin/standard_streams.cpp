#include "bin/standard_streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace catlog {

void open_standard_streams() noexcept {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one.
    if (::open("/dev/null", O_RDWR) != stream) std::abort();
  }
}

void close_to_others() noexcept { ::umask(::umask(S_IRWXO) | S_IRWXO); }

}  // namespace catlog
