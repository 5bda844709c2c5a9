#include <array>
#include <cerrno>
#include <string>

#include "bin/torrent/scrape/connecting.h"
#include "bin/torrent/scrape/http_words.h"
#include "bin/torrent/scrape/talk.h"

namespace catlog::scrape {

namespace {

constexpr size_t read_at_once = 16 << 10, max_input = 2 * (max_answer_header + max_answer_body);

class HttpTalk : public Talk {
 public:
  HttpTalk(const TrackerUrl& url, const sockaddr_storage& address, std::span<const Hash> hashes,
           const TalkLimits& limits, Clock::time_point now)
      : socket_(connecting(address, SOCK_STREAM)),
        request_(scrape_request(url, hashes)),
        until_(now + limits.http_timeout) {
    if (socket_.get() < 0) state_ = State::failed;
  }

  pollfd awaited() const override {
    return {socket_.get(), static_cast<short>(sent_ < request_.size() ? POLLOUT : POLLIN), 0};
  }
  Clock::time_point deadline() const override { return until_; }

  void go_on(Clock::time_point now) override {
    if (now >= until_) state_ = State::failed;
    while (state_ == State::under_way && sent_ < request_.size() && write()) continue;
    while (state_ == State::under_way && sent_ == request_.size() && read()) continue;
  }

 private:
  // Both: whether it is worth going on at once.
  bool write() {
    const ssize_t count = ::send(socket_.get(), request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
    if (count > 0) sent_ += static_cast<size_t>(count);
    return count > 0 || is_later();
  }

  bool read() {
    std::array<char, read_at_once> bytes;
    const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0) return is_later();
    input_.append(bytes.data(), static_cast<size_t>(count));
    const auto answer = read_http(input_, count == 0 ? End::closed : End::open);
    if (answer.state == HttpAnswer::State::unfinished && input_.size() <= max_input) return true;
    auto swarms = answer.state == HttpAnswer::State::whole ? read_scraped(answer.body) : std::nullopt;
    state_ = swarms ? State::over : State::failed;
    if (swarms) told_ = *std::move(swarms);
    return false;
  }

  // After a call that failed: false, when there is nothing to be done now, or ever.
  bool is_later() {
    if (errno == EINTR) return true;
    if (errno != EAGAIN && errno != ENOTCONN && errno != EINPROGRESS) state_ = State::failed;
    return false;
  }

  events::Descriptor socket_;
  std::string request_, input_;
  size_t sent_ = 0;
  Clock::time_point until_;
};

}  // namespace

std::unique_ptr<Talk> begin_http(const TrackerUrl& url, const sockaddr_storage& address, std::span<const Hash> hashes,
                                 const TalkLimits& limits, Clock::time_point now) {
  return std::make_unique<HttpTalk>(url, address, hashes, limits, now);
}

}  // namespace catlog::scrape
