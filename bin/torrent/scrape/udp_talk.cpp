#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <map>

#include "bin/torrent/scrape/connecting.h"
#include "bin/torrent/scrape/talk.h"
#include "bin/torrent/scrape/udp_words.h"

namespace catlog::scrape {

namespace {

constexpr size_t window = 8, largest_datagram = 2'048;
constexpr int datagrams_at_once = 64;
constexpr std::chrono::seconds connection_holds{60};

// Who cannot see our datagrams has to guess it.
uint32_t new_transaction() {
  uint32_t number = 0;
  while (::getrandom(&number, sizeof number, 0) != sizeof number) continue;
  return number;
}

class UdpTalk : public Talk {
 public:
  UdpTalk(const sockaddr_storage& address, std::span<const Hash> hashes, const TalkLimits& limits,
          Clock::time_point now)
      : limits_(limits), socket_(connecting(address, SOCK_DGRAM)) {
    for (; !hashes.empty(); hashes = hashes.subspan(std::min(hashes.size(), hashes_a_datagram))) {
      const auto part = hashes.first(std::min(hashes.size(), hashes_a_datagram));
      waiting_.push_back({{part.begin(), part.end()}});
    }
    if (socket_.get() < 0) state_ = State::failed;
    if (state_ == State::under_way) ask_some(now);
  }

  pollfd awaited() const override { return {socket_.get(), POLLIN, 0}; }

  Clock::time_point deadline() const override {
    auto first = Clock::time_point::max();
    if (connecting_) first = connecting_->until;
    for (const auto& [transaction, asked] : open_) first = std::min(first, asked.until);
    return first;
  }

  void go_on(Clock::time_point now) override {
    for (int count = 0; count < datagrams_at_once && state_ == State::under_way && hear(now); ++count) continue;
    if (state_ != State::under_way) return;
    look_at_time(now);
    if (state_ == State::under_way) ask_some(now);
    if (open_.empty() && waiting_.empty()) state_ = State::over;
  }

 private:
  struct Question {
    std::vector<Hash> hashes;
    int tries = 0;
    Clock::time_point until = {};
  };
  struct Connecting {
    uint32_t transaction = 0;
    int tries = 0;
    Clock::time_point until = {};
  };

  Clock::time_point patience(int tries, Clock::time_point now) const {
    return now + limits_.udp_timeout * (1 << (tries - 1));
  }

  void send(const std::string& bytes) {
    if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) return;
    // A datagram for which there is no room now is lost like any other.
    if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) state_ = State::failed;
  }

  // Whether there was anything.
  bool hear(Clock::time_point now) {
    std::array<char, largest_datagram> bytes;
    const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR) state_ = State::failed;
      return false;
    }
    const auto answer = read_datagram({bytes.data(), static_cast<size_t>(count)});
    if (answer) take(*answer, now);
    return true;
  }

  void take(const UdpAnswer& answer, Clock::time_point now) {
    if (connecting_ && answer.transaction == connecting_->transaction) {
      if (answer.kind == UdpAnswer::Kind::scraped) return;
      if (answer.kind == UdpAnswer::Kind::refused) state_ = State::failed;
      connection_ = answer.connection;
      connected_ = now;
      connecting_.reset();
      return;
    }
    const auto at = open_.find(answer.transaction);
    if (at == open_.end() || answer.kind == UdpAnswer::Kind::connected) return;
    const auto& hashes = at->second.hashes;
    for (size_t each = 0; each < std::min(hashes.size(), answer.swarms.size()); ++each)
      told_.emplace_back(hashes[each], answer.swarms[each]);
    if (answer.swarms.empty()) state_ = State::failed;
    open_.erase(at);
  }

  void look_at_time(Clock::time_point now) {
    if (connecting_ && now >= connecting_->until) {
      if (connecting_->tries >= limits_.udp_tries)
        state_ = State::failed;
      else
        connect(now, connecting_->tries);
    }
    for (auto at = open_.begin(); at != open_.end();) {
      if (now < at->second.until) {
        ++at;
        continue;
      }
      if (at->second.tries >= limits_.udp_tries) state_ = State::failed;
      waiting_.push_front(std::move(at->second));
      at = open_.erase(at);
    }
  }

  void connect(Clock::time_point now, int tries) {
    connecting_ = {new_transaction(), tries + 1, patience(tries + 1, now)};
    send(connect_datagram(connecting_->transaction));
  }

  void ask_some(Clock::time_point now) {
    if (connecting_ || waiting_.empty()) return;
    if (connected_ == Clock::time_point() || now - connected_ >= connection_holds) return connect(now, 0);
    while (open_.size() < window && !waiting_.empty() && state_ == State::under_way) {
      const uint32_t transaction = new_transaction();
      if (open_.contains(transaction)) continue;
      auto& question = open_[transaction] = std::move(waiting_.front());
      waiting_.pop_front();
      question.until = patience(++question.tries, now);
      send(scrape_datagram(connection_, transaction, question.hashes));
    }
  }

  TalkLimits limits_;
  events::Descriptor socket_;
  std::deque<Question> waiting_;
  std::map<uint32_t, Question> open_;
  std::optional<Connecting> connecting_;
  uint64_t connection_ = 0;
  Clock::time_point connected_ = {};
};

}  // namespace

std::unique_ptr<Talk> begin_udp(const sockaddr_storage& address, std::span<const Hash> hashes, const TalkLimits& limits,
                                Clock::time_point now) {
  return std::make_unique<UdpTalk>(address, hashes, limits, now);
}

}  // namespace catlog::scrape
