#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace catlog::http {

// Where somebody may ask: tcp://127.0.0.1:PORT, tcp://localhost:PORT, tcp://[::1]:PORT (port 0: one that is free), or a
// socket that is a file: ipc://PATH or unix:PATH.
struct Endpoint {
  std::string text;
  std::optional<std::filesystem::path> file;  // else it is tcp:
  enum class Family { v4, v6 } family = Family::v4;
  uint16_t port = 0;
};

// Throws Failure(usage) for anything else.
Endpoint parse_endpoint(const std::string& text);

// A bound socket that listens and never waits. The file of one goes with this object.
class Listener {
 public:
  // Takes the place of a socket's file at which nobody listens any more. Throws Failure(held) when somebody does,
  // Failure(failure) for what the system refuses.
  explicit Listener(const Endpoint& endpoint);
  Listener(const Listener&) = delete;
  ~Listener();

  int fd() const { return fd_; }
  // "http://127.0.0.1:4711", with the port that it got, or "unix:/run/catlog/http.sock".
  const std::string& address() const { return address_; }

 private:
  void bind_file(const std::filesystem::path& file);
  void bind_port(const Endpoint& endpoint);

  int fd_ = -1;
  std::string address_;
  std::optional<std::filesystem::path> file_;
};

}  // namespace catlog::http
