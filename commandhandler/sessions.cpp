#include "commandhandler/sessions.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace catlog::commandhandler {
namespace {

size_t hash_of(std::string_view body) { return std::hash<std::string_view>()(body); }

size_t memory_of(const Receipt& receipt) {
  size_t bytes = sizeof receipt + receipt.id.size() + receipt.refusal.field.size() + receipt.refusal.message.size();
  for (const Receipt& member : receipt.receipts) bytes += memory_of(member);
  return bytes;
}

}  // namespace

const Sessions::Session* Sessions::find(const events::SessionFrame& message) const {
  const auto known = by_id_.find(message.id);
  return known == by_id_.end() ? nullptr : &*known->second;
}

// The session, as the last used one; a new one when it is not known.
Sessions::Session& Sessions::use(const events::SessionFrame& message) {
  if (const auto known = by_id_.find(message.id); known != by_id_.end()) {
    sessions_.splice(sessions_.begin(), sessions_, known->second);
    return sessions_.front();
  }
  if (sessions_.size() >= max_sessions) forget_last();
  sessions_.emplace_front().id = message.id;
  by_id_.emplace(message.id, sessions_.begin());
  return sessions_.front();
}

std::map<uint64_t, Sessions::Kept>::iterator Sessions::drop(Session& session, std::map<uint64_t, Kept>::iterator kept) {
  session.kept_bytes -= kept->second.bytes;
  kept_bytes_ -= kept->second.bytes;
  return session.kept.erase(kept);
}

void Sessions::forget_last() {
  kept_bytes_ -= sessions_.back().kept_bytes;
  by_id_.erase(sessions_.back().id);
  sessions_.pop_back();
}

Sessions::Place Sessions::place(const events::SessionFrame& message, const IsAccepted& is_accepted) {
  Session& session = use(message);
  session.oldest = std::max(session.oldest, message.oldest);
  session.expected = std::max(session.expected, session.oldest);
  // In order, so whatever stands before one that is in the log was judged, by an earlier process maybe.
  for (size_t i = session.is_begun ? 0 : message.behind.size(); i-- > 0 && message.number + 1 + i >= session.expected;)
    if (message.behind[i] != events::Uuid() && is_accepted(message.behind[i]))
      session.expected = message.number + 2 + i;
  while (!session.kept.empty() && session.kept.begin()->first < session.oldest) drop(session, session.kept.begin());
  // What did not depend on a commit that failed was not undone with it.
  while (session.kept.contains(session.expected)) ++session.expected;
  if (message.number > session.expected) return Place::ahead;
  return message.number == session.expected ? Place::expected : Place::passed;
}

const Receipt* Sessions::first_receipt(const events::SessionFrame& message, std::string_view body) const {
  const Session* session = find(message);
  if (!session) return nullptr;
  const auto kept = session->kept.find(message.number);
  return kept == session->kept.end() || kept->second.body_hash != hash_of(body) ? nullptr : &kept->second.receipt;
}

void Sessions::judged(const events::SessionFrame& message, std::string_view body, const Receipt& receipt) {
  Session& session = use(message);
  session.expected = std::max(session.expected, message.number + 1);
  session.is_begun = true;
  if (receipt.verdict == Receipt::Verdict::accepted) return;  // the log has it
  const size_t bytes = sizeof(Kept) + memory_of(receipt);
  if (!session.kept.emplace(message.number, Kept{hash_of(body), bytes, receipt}).second) return;
  session.kept_bytes += bytes;
  kept_bytes_ += bytes;
  while (session.kept_bytes > max_kept_bytes_of_session) drop(session, session.kept.begin());
  while (kept_bytes_ > max_kept_bytes_of_sessions && sessions_.size() > 1) forget_last();
}

void Sessions::undo(const events::SessionFrame& message) {
  const auto known = by_id_.find(message.id);
  if (known == by_id_.end()) return;
  Session& session = *known->second;
  session.expected = std::min(session.expected, std::max(message.number, session.oldest));
  if (const auto kept = session.kept.find(message.number); kept != session.kept.end()) drop(session, kept);
}

Refusal Sessions::out_of_order(const events::SessionFrame& message) {
  return {RefusalCode::OUT_OF_ORDER, "",
          fmt::format("number {} of its session overtook one before it and was not looked at; send again, in order, "
                      "every command of the session that has no receipt",
                      message.number)};
}

Refusal Sessions::too_late(const events::SessionFrame& message) {
  return {
      RefusalCode::TOO_LATE, "",
      fmt::format("number {} of its session was passed: it changed nothing, its receipt is not known any more, and "
                  "it is not judged in the place of another; if it is still wanted, send it again with a new number",
                  message.number)};
}

}  // namespace catlog::commandhandler
