#include "events/bus/frame_counter.h"

#include <algorithm>
#include <utility>

namespace catlog::events {

namespace {

// rfc.zeromq.org/spec/23: signature, version, mechanism and more make a greeting of 64 bytes.
constexpr size_t greeting_bytes = 64, signature_end = 9, major_version = 10;
constexpr uint8_t more_flag = 1, long_flag = 2, command_flag = 4;
constexpr size_t short_length_bytes = 1, long_length_bytes = 8;

}  // namespace

bool FrameCounter::take(std::span<const std::byte> bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    switch (at_) {
      case At::greeting:
        if (!take_greeting(bytes[i++])) return false;
        break;
      case At::flags:
        flags_ = std::to_integer<uint8_t>(bytes[i++]);
        passed_ = left_ = 0;
        at_ = At::length;
        break;
      case At::length:
        left_ = left_ << 8 | std::to_integer<uint64_t>(bytes[i++]);
        if (++passed_ == (flags_ & long_flag ? long_length_bytes : short_length_bytes) && !begin_frame()) return false;
        break;
      case At::body: {
        const size_t part = std::min<uint64_t>(left_, bytes.size() - i);
        if (const uint64_t before = length_ - left_; before <= 1 && before + part > 1)
          name_ = static_cast<char>(bytes[i + 1 - before]);  // behind the name's length
        i += part;
        left_ -= part;
        if (!is_command()) message_bytes_ += part;
        if (left_ == 0) end_frame();
        break;
      }
    }
  }
  return true;
}

// An older peer would be served by another decoder of ZeroMQ, whose frames are not these.
bool FrameCounter::take_greeting(std::byte byte) {
  const auto value = std::to_integer<uint8_t>(byte);
  if (passed_ == 0 && value != 0xff) return false;
  if (passed_ == signature_end && value != 0x7f) return false;
  if (passed_ == major_version && value < 3) return false;
  if (++passed_ == greeting_bytes) at_ = At::flags;
  return true;
}

bool FrameCounter::begin_frame() {
  at_ = At::body;
  length_ = left_;
  name_ = 0;
  if (is_command()) {
    if (speech_ == Speech::encrypted && is_greeted_) return false;
    if (flags_ & more_flag || left_ > std::min(max_zmtp_command_bytes, max_bytes_)) return false;
  } else if (++message_frames_ > max_message_frames || left_ > max_bytes_ - message_bytes_) {
    return false;
  }
  if (left_ == 0) end_frame();
  return true;
}

// A command may come between the frames of a message, and is none of them.
void FrameCounter::end_frame() {
  at_ = At::flags;
  note_kind();
  if (is_command() || flags_ & more_flag) return;
  finished_bytes_ += unfinished();
  message_bytes_ = message_frames_ = 0;
}

// READY and INITIATE end a handshake's words; SUBSCRIBE and CANCEL are messages to an older ZeroMQ.
void FrameCounter::note_kind() {
  if (is_command() && (name_ == 'R' || name_ == 'I')) is_greeted_ = true;
  if (is_command() && name_ != 'S' && name_ != 'C') return;
  ++subscriptions_;
  subscription_bytes_ += length_;
}

bool FrameCounter::is_command() const { return flags_ & command_flag; }

size_t FrameCounter::take_finished() { return std::exchange(finished_bytes_, 0); }

}  // namespace catlog::events
