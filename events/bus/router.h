#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "events/bus/connections.h"
#include "events/bus/door.h"
#include "events/bus/pack_frame.h"
#include "events/bus/replies.h"
#include "events/bus/session_frame.h"
#include "events/counters.h"
#include "events/encoding.h"

namespace catlog::events {

constexpr size_t max_frames = 8;  // of a request; more are dropped

// A request as it arrives: [identity][empty?][tag][encoding][body], and of a command [session] or [session?][pack].
struct Request {
  std::vector<zmq::message_t> envelope;  // identity, and the empty frame where there was one
  std::string tag;
  std::optional<Encoding> encoding;  // none: no such encoding
  zmq::message_t body;
  std::optional<SessionFrame> session;  // of a pack, the first command's
  std::vector<uint32_t> lengths;        // of a pack's commands in the body; else none
  std::string malformed;                // not empty: what is wrong with the frames
  int descriptor = -1;                  // of the connection that it came by
  Peer from{PeerRole::admin, {}};       // as the gate's list was when it was received
  std::string_view peer() const { return {static_cast<const char*>(envelope[0].data()), envelope[0].size()}; }
  std::string_view bytes() const { return {static_cast<const char*>(body.data()), body.size()}; }
};

// Whether a request may have a frame with its session, and a fifth that makes it a pack. none: one that has is
// malformed.
enum class SessionFrames { none, taken };

// The side that is asked: a ROUTER socket with what is known of its peers, what they sent and what they have not read.
//
// Threads: made in one, used in another, one at a time. Lifetime: `context` outlives it.
class Router {
 public:
  // unanswered: as long as a peer has at most so many requests open, no answer is dropped because its queue is full.
  // queued: so many of a peer's requests may wait to be received; with more of them the peer waits.
  struct PerPeer {
    int unanswered, queued;
    SessionFrames sessions = SessionFrames::none;
  };
  // Binds, as open_door does.
  Router(zmq::context_t& context, const std::string& endpoint, PerPeer limits, const Door& door = {},
         Doing doing = Doing::send);

  zmq::socket_t& socket() { return socket_; }
  // The next request that has arrived; empty when there is none. Never waits.
  std::optional<Request> receive();
  // Makes ZeroMQ look at what peers took from their queues; to be called before received requests are answered. By
  // itself ZeroMQ looks only every so often, and drops what is for a peer whose queue was full when it last looked.
  void take_credits();
  // Whether the peer may be sent so many bytes more (replies.h). If not, its answer counts as dropped.
  bool has_room(const Request& request, size_t bytes);
  // Answers with [identity][empty?][tag][encoding], these frames, and the last one. A reply that the peer may not be
  // sent (has_room), or cannot take, is dropped. A request may have several replies; as many of them are unanswered.
  void reply(const Request& request, Encoding encoding, std::span<const std::string_view> frames, std::string last);
  // Answers that were not sent because the peer does not read. Threads: any.
  const Counter& dropped() const { return dropped_; }

 private:
  std::vector<zmq::message_t> receive_frames(int& descriptor);
  static void take_session(const zmq::message_t& frame, Request& request);
  static void take_pack(const zmq::message_t& session, const zmq::message_t& lengths, Request& request);

  Inbox inbox_;
  zmq::socket_t socket_;
  Replies replies_;
  Counter dropped_;
  SessionFrames sessions_;
  const Gate* gate_;
};

}  // namespace catlog::events
