#include "events/bus/replies.h"

#include <atomic>
#include <utility>

#include "events/error.h"

namespace catlog::events {

namespace {

constexpr size_t peers_remembered = 1'024;  // with nothing unread; more are forgotten

}  // namespace

struct Replies::Total {
  std::atomic<size_t> bytes = 0, peers = 0;  // with something unread
};

// Shared by this object and the frames that ZeroMQ has: either may go first.
struct Replies::Account {
  explicit Account(std::shared_ptr<Total> of) : total(std::move(of)) {}
  void add(size_t more) {
    if (bytes.fetch_add(more) == 0) ++total->peers;
    total->bytes += more;
  }
  void take(size_t less) {
    if (bytes.fetch_sub(less) == less) --total->peers;
    total->bytes -= less;
  }
  std::shared_ptr<Total> total;
  std::atomic<size_t> bytes = 0;
};

struct Replies::Counted {
  std::string frame;
  std::shared_ptr<Account> account;
  // Written last and read first, so that all is there in ZeroMQ's thread. Its queues see to that too, but no
  // ThreadSanitizer sees into them.
  std::atomic<size_t> bytes = 0;

  static void let_go(void*, void* hint) {
    const std::unique_ptr<Counted> self(static_cast<Counted*>(hint));
    const size_t bytes = self->bytes;
    self->account->take(bytes);
  }
};

Replies::Replies() : total_(std::make_shared<Total>()) {}
Replies::~Replies() = default;

Replies::Peer& Replies::peer_of(std::string_view identity) {
  const auto known = peers_.find(std::string(identity));
  if (known != peers_.end()) return known->second;
  if (peers_.size() >= 2 * (peers_remembered + total_->peers))
    std::erase_if(peers_, [](const auto& each) { return each.second.account->bytes == 0; });
  return peers_.emplace(identity, Peer{std::make_shared<Account>(total_)}).first->second;
}

bool Replies::has_room(std::string_view identity, size_t bytes) {
  Peer& peer = peer_of(identity);
  const size_t counted = peer.uncounted + bytes + reply_overhead_bytes, own = peer.account->bytes + counted;
  admitted_ = nullptr;
  const bool fits_in_all = total_->bytes + counted <= max_unread_bytes;
  if (own > max_unread_bytes_of_peer || (!fits_in_all && own > max_unread_bytes / (total_->peers + 1))) return false;
  admitted_ = &peer;
  admitted_bytes_ = counted;
  return true;
}

zmq::message_t Replies::last(std::string frame) {
  CATLOG_CHECK(admitted_ != nullptr);
  Peer& peer = *std::exchange(admitted_, nullptr);
  peer.uncounted = admitted_bytes_;
  if (peer.uncounted < uncounted_bytes_of_peer) return zmq::message_t(frame.data(), frame.size());
  // Replies to a peer leave in their order: with this frame those before it are gone.
  auto counted = std::make_unique<Counted>(std::move(frame), peer.account);
  const size_t bytes = std::exchange(peer.uncounted, 0);
  peer.account->add(bytes);
  counted->bytes = bytes;
  std::string& text = counted->frame;
  return zmq::message_t(text.data(), text.size(), &Counted::let_go, counted.release());
}

size_t Replies::unread_bytes() const { return total_->bytes; }

}  // namespace catlog::events
