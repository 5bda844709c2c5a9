#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <zmq.hpp>

namespace catlog::events {

// How many bytes of replies one peer may leave unread: ZeroMQ itself counts messages, however large. Beyond it, replies
// are dropped, as they are when a peer's queue is full.
constexpr size_t max_unread_bytes_of_peer = size_t{64} << 20;
// The same of all peers of a socket together. Beyond it, replies are dropped only to a peer that leaves more than an
// equal part of it unread.
constexpr size_t max_unread_bytes = size_t{256} << 20;
constexpr size_t uncounted_bytes_of_peer = size_t{64} << 10;  // small replies are counted so many bytes at a time
constexpr size_t reply_overhead_bytes = 512;                  // ZeroMQ's own, for each

// Keeps account of what the peers of a ROUTER have not read. The last frame of a reply counts for the whole reply until
// ZeroMQ lets go of that frame, because it was sent or its connection has ended.
//
// Threads: one at a time; ZeroMQ lets go in threads of its own. Lifetime: may go before the frames do.
class Replies {
 public:
  Replies();
  Replies(const Replies&) = delete;
  ~Replies();

  // Whether the peer with this identity may be sent a reply of so many bytes.
  bool has_room(std::string_view peer, size_t bytes);
  // Makes the last frame of a reply. has_room() must have been asked for that reply last, and have said yes.
  zmq::message_t last(std::string frame);
  size_t unread_bytes() const;

 private:
  struct Total;
  struct Account;
  struct Counted;
  struct Peer {
    std::shared_ptr<Account> account;
    size_t uncounted = 0;
  };
  Peer& peer_of(std::string_view identity);

  std::shared_ptr<Total> total_;
  std::unordered_map<std::string, Peer> peers_;
  Peer* admitted_ = nullptr;
  size_t admitted_bytes_ = 0;
};

}  // namespace catlog::events
