#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "events/bus/limits.h"
#include "events/bus/speech.h"

namespace catlog::events {

// Follows the bytes of one ZMTP 3 connection as they come, by the lengths of its frames: tells how much of a message is
// there, and when it is whole. Frames of an encrypted connection are opaque: each counts as a message; one that is
// marked as a command behind the handshake is none of ZeroMQ's, which marks them within the box.
class FrameCounter {
 public:
  // `max_bytes`: the limit of all frames of a message together, and of a ZMTP command.
  FrameCounter() : FrameCounter(0) {}
  explicit FrameCounter(size_t max_bytes, Speech speech = Speech::plain) : max_bytes_(max_bytes), speech_(speech) {}
  // Takes the next bytes. False when they are none of ZMTP 3, or go beyond a limit (limits.h): from then on it is
  // of no use.
  bool take(std::span<const std::byte> bytes);
  // The size of the messages that became whole since this was asked last: the bytes within their frames, and
  // bytes_of_frame for each frame.
  size_t take_finished();
  // How many messages and ZMTP commands have come that subscribe or unsubscribe, whatever else they may be, and the
  // bytes within them; each frame of an encrypted connection may be one.
  size_t subscriptions() const { return subscriptions_; }
  size_t subscription_bytes() const { return subscription_bytes_; }
  // Whether the peer has said all that belongs to its handshake; what comes of it is ZeroMQ's to tell.
  bool is_greeted() const { return is_greeted_; }
  // The size, counted likewise, of the message that is not whole yet.
  size_t unfinished() const { return message_bytes_ + message_frames_ * bytes_of_frame; }

 private:
  enum class At { greeting, flags, length, body };
  bool take_greeting(std::byte byte);
  bool begin_frame();
  void end_frame();
  void note_kind();
  bool is_command() const;

  size_t max_bytes_;
  Speech speech_;
  At at_ = At::greeting;
  uint8_t flags_ = 0;
  char name_ = 0;        // the first letter of a command's name
  uint64_t length_ = 0;  // of the frame
  bool is_greeted_ = false;
  size_t subscriptions_ = 0, subscription_bytes_ = 0;
  size_t passed_ = 0;  // bytes of the greeting or of the length so far
  uint64_t left_ = 0;  // of the length (being read) or of the body
  size_t message_bytes_ = 0, message_frames_ = 0, finished_bytes_ = 0;
};

}  // namespace catlog::events
