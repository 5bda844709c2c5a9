#include "events/bus/session_frame.h"

#include <array>
#include <optional>
#include <vector>

#include "commandhandler/sessions.h"
#include "events/codec/receipt.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

using commandhandler::Sessions;
using Place = Sessions::Place;

constexpr size_t one_frame_bytes = 32;  // one that is sent for the first time

// The input is one frame, or several of the short form, one behind the other.
std::vector<std::string_view> frames_in(std::string_view text) {
  if (text.size() % one_frame_bytes != 0) return {text};
  std::vector<std::string_view> frames;
  for (size_t at = 0; at < text.size(); at += one_frame_bytes) frames.push_back(text.substr(at, one_frame_bytes));
  return frames;
}

void take(Sessions& sessions, const events::SessionFrame& message) {
  const auto in_log = [](events::Uuid id) { return (id.low & 1) != 0; };
  if (sessions.place(message, in_log) != Place::expected) {
    must(!Sessions::out_of_order(message).message.empty() && !Sessions::too_late(message).message.empty(),
         "a session's refusal says nothing");
    return;
  }
  const auto receipt = events::Receipt::refused("", {events::schema::RefusalCode::INVALID, "", "no"});
  sessions.judged(message, "body", receipt);
  must(sessions.place(message, in_log) == Place::passed, "what was judged is judged again");
  must(sessions.first_receipt(message, "body") != nullptr, "the first receipt is lost at once");
  must(sessions.first_receipt(message, "another") == nullptr, "another command gets the receipt");
  if (message.number % 3 != 0) return;
  sessions.undo(message);
  must(sessions.place(message, in_log) == Place::expected, "what was undone is not judged again");
}

}  // namespace

// A frame that is taken is written as it was read; a session goes on by its numbers, whatever they are.
void try_session_frame(Input input) {
  Sessions sessions;
  for (const std::string_view frame : frames_in(text_of(input))) {
    const auto session = events::parse_session_frame(frame);
    if (!session) continue;
    must(events::write_session_frame(*session) == frame, "a session frame is not written as it was read");
    take(sessions, *session);
  }
  must(sessions.size() <= commandhandler::max_sessions, "there are more sessions than may be");
  must(sessions.kept_bytes() <= commandhandler::max_kept_bytes_of_sessions, "more is kept of sessions than may be");
}

}  // namespace catlog::tests
