#pragma once
#include <cstddef>
#include <cstdint>

#include "events/bus/speech.h"

namespace catlog::events {

// Limits what peers can take of this process by the sockets that it binds: descriptors, and memory for what they sent.
//
// ZeroMQ (4.3.4) ends the process when it is out of descriptors as a peer connects, and keeps the frames of a message
// until the last one has come, however many and however large they are together: it limits one frame only. So the
// calls by which it serves peers are ours: connections.cpp defines listen, accept4, recv, send and close in place of
// the C library's. They do what those do, and for connections to a socket that was bound within a Listening they also
// count, follow the frames (ZMTP 3; of encrypted ones the lengths), and end what goes beyond a limit: the peer sees a
// closed connection.

// Counts what peers sent to one socket and the program has not taken yet. Of more than inboxes_counted inboxes two may
// count as one. Threads: any.
class Inbox {
 public:
  Inbox();
  // The program took a message of so many frames, and bytes within them, from the connection with this descriptor.
  void taken(int descriptor, size_t bytes, size_t frames) const noexcept;
  // The program found nothing to take: what peers sent before they left is taken too, or lost, and counts no more. (Nor
  // does, by mistake, what a peer sent that leaves in this moment.)
  void was_empty() const noexcept;
  size_t number() const { return number_; }

 private:
  size_t number_;
};
constexpr size_t inboxes_counted = 8;

// Sockets that this thread binds while one of these lives are watched. Not nested.
class Listening {
 public:
  // No inbox: ZeroMQ itself takes what comes, at once: subscriptions.
  explicit Listening(const Inbox* inbox = nullptr, Speech speech = Speech::plain);
  Listening(const Listening&) = delete;
  ~Listening();
};

// What subscribers who left had said. ZeroMQ takes it out of its tables when the program next looks at the socket, for
// all that the others hold anew for each of them; until then it counts as theirs, and while max_leaving of them are to
// be taken out nobody comes in.
//
// For the one socket of the process whose subscribers may be strangers; without one of these they count no more as soon
// as they are gone. Threads: one at a time.
class Leaving {
 public:
  Leaving() noexcept;
  Leaving(const Leaving&) = delete;
  ~Leaving();
  // The program looked at the socket. Who left before the look before this one is taken out by now.
  void looked() noexcept;
  // Whether somebody left since the look before the last one: look again soon.
  bool is_owed() const noexcept;
};

// Cuts off one connection to a socket without an inbox: of the peers that leave unread what ZeroMQ has for them, the
// one that has taken nothing for the longest time. False: there is no such peer. Threads: any.
bool cut_off_slowest() noexcept;

// Whether this descriptor is a connection to one of the sockets, as far as is known: another may have it by now.
bool is_connected(int descriptor) noexcept;

// Cuts off every encrypted connection; peers who may come again do so by themselves. Threads: any.
void cut_off_encrypted() noexcept;
// The same of every connection to a socket without an inbox: the feed's.
void cut_off_followers() noexcept;

struct ConnectionCounts {
  size_t open = 0;                // now
  size_t half_open = 0;           // of these, those whose handshake is not over
  size_t subscription_bytes = 0;  // that they have said, or had before they left a moment ago
  size_t waiting_bytes = 0;       // now
  uint64_t turned_away = 0;  // since the process began: for want of descriptors or of memory, or beyond max_connections
  uint64_t cut_off = 0;      // since then: for what they sent, or did not read
};
ConnectionCounts connection_counts() noexcept;

// Whether files, too, find descriptors after this one: it is none of the last, which are kept for them.
bool leaves_reserve(int descriptor) noexcept;

// Lets this process have as many descriptors as it may: the soft limit becomes the hard one. To be called at the start.
void raise_descriptor_limit() noexcept;

}  // namespace catlog::events
