#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace catlog::tests {

class RawListener;

// A connection to a socket of this machine, or one that was taken there, and what a ZMTP 3.0 peer without keys says on
// it, frame by frame: also what no ZeroMQ would say. Closed with this object.
class RawPeer {
 public:
  // Throws when nobody listens.
  explicit RawPeer(const std::filesystem::path& socket);
  explicit RawPeer(uint16_t tcp_port);
  RawPeer(RawPeer&& from) noexcept;
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(RawPeer&& from) noexcept;
  ~RawPeer();

  // Greets as a socket of this type ("DEALER", "SUB"), which says these things of itself too, and hears the other
  // side's greeting and READY. False when it was cut off meanwhile.
  bool greet(std::string_view type, const std::map<std::string, std::string>& properties = {});
  enum class Frame { last = 0, more = 1 };
  // False when it was cut off.
  bool send(std::string_view frame, Frame kind);
  bool send_bytes(std::string_view bytes);
  // Nothing more comes from here: the other side reads to the end of what was sent.
  void finish();
  // The next frame that comes; empty when it was cut off.
  std::string next_frame();
  // Whether the other side has closed, or does within this time. Reads nothing.
  bool is_closed(std::chrono::milliseconds within) const;

 private:
  friend RawListener;
  explicit RawPeer(int fd) : fd_(fd) {}
  bool hear(size_t count, std::string& bytes);
  int fd_ = -1;
};

// Listens on a Unix socket, until it goes.
class RawListener {
 public:
  explicit RawListener(const std::filesystem::path& socket);
  RawListener(const RawListener&) = delete;
  ~RawListener();
  // The next connection. Throws when none comes.
  RawPeer accept();

 private:
  int fd_;
};

}  // namespace catlog::tests
