#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "commandhandler/rules/refusal.h"
#include "events/bus/session_frame.h"

namespace catlog::commandhandler {

constexpr size_t max_sessions = 4'096;                           // then the one that was quiet for longest is forgotten
constexpr size_t max_kept_bytes_of_session = size_t{16} << 20;   // of receipts; then the lowest numbers' go
constexpr size_t max_kept_bytes_of_sessions = size_t{64} << 20;  // then sessions are forgotten

// What the process knows of producers' sessions (events/PROTOCOL.md, "Sessions"): which number it expects of each, and
// the receipts that the log does not hold, of unchanged and refused commands, until the producer has them. Forgetting a
// session is safe: it is taken up again at the oldest number that its producer has no receipt for.
//
// Threads: one at a time.
class Sessions {
 public:
  // expected: to be judged now. ahead: one before it has not come. passed: it, or another with its number, came before.
  enum class Place { expected, ahead, passed };
  // Whether the log has, or is about to have, this command, behind the position that the session had reached. Asked
  // only of a session that this process has judged nothing of.
  using IsAccepted = std::function<bool(events::Uuid)>;
  Place place(const events::SessionFrame& message, const IsAccepted& is_accepted);

  // The receipt that the same message had when it was judged, if it is kept: it dies with the next call.
  const Receipt* first_receipt(const events::SessionFrame& message, std::string_view body) const;
  // The expected message has its receipt, and the next one is expected.
  void judged(const events::SessionFrame& message, std::string_view body, const Receipt& receipt);
  // What judged() was told did not happen.
  void undo(const events::SessionFrame& message);

  static Refusal out_of_order(const events::SessionFrame& message);
  static Refusal too_late(const events::SessionFrame& message);

  size_t size() const { return by_id_.size(); }
  size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Kept {
    size_t body_hash, bytes;
    Receipt receipt;
  };
  struct Session {
    events::SessionFrame::Id id;
    uint64_t expected = 1, oldest = 1;
    bool is_begun = false;          // this process has judged one of it, and knows where it stands
    std::map<uint64_t, Kept> kept;  // by number
    size_t kept_bytes = 0;
  };
  using InOrderOfUse = std::list<Session>;  // the last used one first
  struct Hash {
    size_t operator()(const events::SessionFrame::Id& id) const {
      return std::hash<std::string_view>()({id.data(), id.size()});
    }
  };

  const Session* find(const events::SessionFrame& message) const;
  Session& use(const events::SessionFrame& message);
  std::map<uint64_t, Kept>::iterator drop(Session& session, std::map<uint64_t, Kept>::iterator kept);
  void forget_last();

  InOrderOfUse sessions_;
  std::unordered_map<events::SessionFrame::Id, InOrderOfUse::iterator, Hash> by_id_;
  size_t kept_bytes_ = 0;
};

}  // namespace catlog::commandhandler
