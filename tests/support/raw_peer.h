#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace catlog::tests {

// A connection to a Unix socket, and what a ZMTP 3.0 peer without keys says on it, frame by frame: also what no ZeroMQ
// would say. Closed with this object.
class RawPeer {
 public:
  // Throws when nobody listens.
  explicit RawPeer(const std::filesystem::path& socket);
  RawPeer(RawPeer&& from) noexcept;
  RawPeer(const RawPeer&) = delete;
  ~RawPeer();

  // Greets as a socket of this type ("DEALER", "SUB"), and hears the other side's greeting and READY. False when it was
  // cut off meanwhile.
  bool greet(std::string_view type);
  enum class Frame { last = 0, more = 1 };
  // False when it was cut off.
  bool send(std::string_view frame, Frame kind);
  bool send_bytes(std::string_view bytes);
  // Whether the other side has closed, or does within this time. Reads nothing.
  bool is_closed(std::chrono::milliseconds within) const;

 private:
  bool hear(size_t count, std::string& bytes);
  int fd_ = -1;
};

}  // namespace catlog::tests
