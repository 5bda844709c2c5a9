#pragma once
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "bin/http/server.h"
#include "events/bus/bus.h"

namespace catlog::tests {

// A server that answers in a thread of its own, until this object goes. /large is some megabytes, /fails throws, any
// other path answers with itself.
class HttpServer {
 public:
  explicit HttpServer(const std::string& endpoint = "tcp://127.0.0.1:0", http::Limits limits = {})
      : server_(http::parse_endpoint(endpoint), &HttpServer::answer, limits), thread_([this] { server_.run(stop_); }) {}
  HttpServer(const HttpServer&) = delete;
  ~HttpServer() { stop_.set(); }

  const std::string& address() const { return server_.address(); }
  const http::ServerCounters& counters() const { return server_.counters(); }

  static constexpr size_t large = size_t{8} << 20;

 private:
  static http::Response answer(const http::Request& request) {
    if (request.path == "/fails") throw std::runtime_error("fails");
    if (request.path == "/large") return {.body = std::string(large, 'x')};
    return {.body = request.path + (request.query.empty() ? "" : "|" + request.query)};
  }

  events::Stop stop_;
  http::Server server_;
  std::jthread thread_;
};

}  // namespace catlog::tests
