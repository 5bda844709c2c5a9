#include "events/bus/session_frame.h"

#include <algorithm>

namespace catlog::events {
namespace {

constexpr size_t word_bytes = 8, uuid_bytes = 16, short_bytes = sizeof(SessionFrame::Id) + 2 * word_bytes,
                 before_ids = short_bytes + word_bytes;

uint64_t word_at(std::string_view frame, size_t at) {
  uint64_t word = 0;
  for (const char byte : frame.substr(at, word_bytes)) word = word << 8 | static_cast<uint8_t>(byte);
  return word;
}

void add_word(uint64_t word, std::string& to) {
  for (int shift = 56; shift >= 0; shift -= 8) to += static_cast<char>(word >> shift);
}

}  // namespace

std::optional<SessionFrame> parse_session_frame(std::string_view frame) {
  const bool is_short = frame.size() == short_bytes;
  if (!is_short && (frame.size() <= before_ids || (frame.size() - before_ids) % uuid_bytes != 0 ||
                    frame.size() > before_ids + max_session_behind * uuid_bytes))
    return {};
  SessionFrame session;
  std::copy_n(frame.begin(), session.id.size(), session.id.begin());
  session.number = word_at(frame, session.id.size());
  session.oldest = word_at(frame, session.id.size() + word_bytes);
  if (session.oldest < 1 || session.oldest > session.number || session.number > max_session_number) return {};
  if (!is_short) session.floor = word_at(frame, short_bytes);
  for (size_t at = before_ids; at < frame.size(); at += uuid_bytes)
    session.behind.push_back({word_at(frame, at), word_at(frame, at + word_bytes)});
  return session;
}

std::string write_session_frame(const SessionFrame& session) {
  std::string frame(session.id.begin(), session.id.end());
  add_word(session.number, frame);
  add_word(session.oldest, frame);
  if (!session.behind.empty()) add_word(session.floor, frame);
  for (const Uuid& id : session.behind) {
    add_word(id.high, frame);
    add_word(id.low, frame);
  }
  return frame;
}

}  // namespace catlog::events
