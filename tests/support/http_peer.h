#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace catlog::tests {

// A connection to an HTTP server of this machine, and whatever bytes a peer may send on it. Closed with this object.
class HttpPeer {
 public:
  // `address`: as http::Listener::address has it, "http://127.0.0.1:4711" or "unix:/path". Throws when nobody listens.
  explicit HttpPeer(const std::string& address);
  HttpPeer(HttpPeer&& from) noexcept;
  HttpPeer(const HttpPeer&) = delete;
  ~HttpPeer();

  // False when the server does not take it any more.
  bool send(std::string_view bytes);
  // No more comes from this side.
  void finish();
  struct Answer {
    int status = 0;  // 0: the connection ended, or nothing came for long, before there was a whole one
    std::string header, body;
  };
  // The next answer; the second: to HEAD, which has no body.
  Answer hear();
  Answer hear_header();
  // "GET /path HTTP/1.1" with this Host, and its answer.
  Answer get(std::string_view path, std::string_view host = "localhost");
  // Whether the server has closed, or does within this time; what it sends meanwhile is lost.
  bool is_closed(std::chrono::milliseconds within);

 private:
  bool hear_more();
  int fd_ = -1;
  std::string heard_;
};

}  // namespace catlog::tests
