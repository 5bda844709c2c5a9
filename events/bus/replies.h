#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <zmq.hpp>

namespace catlog::events {

// How many bytes of replies wait for peers to read them: ZeroMQ counts messages, however large. Beyond, replies are
// dropped, as those are for which a peer's queue has no room.
constexpr size_t max_unread_bytes_of_peer = size_t{64} << 20;
// Of all peers of a socket. Beyond, only to whoever has more than an equal part of it.
constexpr size_t max_unread_bytes = size_t{256} << 20;
constexpr size_t uncounted_bytes_of_peer = size_t{64} << 10;  // small replies are counted so many bytes at a time
constexpr size_t reply_overhead_bytes = 512;                  // ZeroMQ's own, for each

// Keeps account of what the peers of a ROUTER have not read. The last frame of a reply counts for all of it, until
// ZeroMQ lets go of it: it was sent, or its connection has ended.
//
// Threads: one at a time; ZeroMQ lets go in threads of its own. Lifetime: may go before the frames do.
class Replies {
 public:
  Replies();
  Replies(const Replies&) = delete;
  ~Replies();

  // Whether the peer with this identity may be sent a reply of so many bytes.
  bool has_room(std::string_view peer, size_t bytes);
  // The last frame of the reply that has_room() was asked for last, and said yes to.
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
