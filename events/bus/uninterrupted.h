#pragma once
#include <cerrno>

#include <zmq.hpp>

namespace catlog::events {

// What `call` of a socket gives, made again for as long as a signal comes first: also what never waits looks at what
// ZeroMQ's thread has told the socket, which a signal cuts short before anything is sent, received or answered.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    try {
      return call();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

}  // namespace catlog::events
