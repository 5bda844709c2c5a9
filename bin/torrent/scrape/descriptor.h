#pragma once
#include <unistd.h>

#include "bin/torrent/scrape/reach.h"

namespace catlog::scrape {

// A socket that never waits, on its way to this address, and closed with this object. Below 0: there is none.
class Descriptor {
 public:
  Descriptor(const sockaddr_storage& address, int type)
      : fd_(::socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    if (fd_ >= 0) ::connect(fd_, plain(address), size_of(address));  // what came of it is told by the first call
  }
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace catlog::scrape
