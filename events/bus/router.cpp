#include "events/bus/router.h"

#include <fmt/format.h>

#include "events/bus/bus.h"

namespace catlog::events {
namespace {

// How long a queue must be so that none of so many answers is dropped: a queue is credited with what was taken from it
// by halves.
constexpr int queue_for_answers(int unanswered) { return 2 * unanswered; }

constexpr size_t usual_frames = 5;  // an identity, three and a session

std::string_view view(const zmq::message_t& frame) { return {static_cast<const char*>(frame.data()), frame.size()}; }

}  // namespace

Router::Router(zmq::context_t& context, const std::string& endpoint, PerPeer limits, const Door& door, Doing doing)
    : socket_(open_door(context, zmq::socket_type::router, endpoint, door, doing,
                        {queue_for_answers(limits.unanswered), limits.queued}, &inbox_)),
      sessions_(limits.sessions),
      gate_(door.gate) {}

// All frames of the next message, at most max_frames of them kept.
std::vector<zmq::message_t> Router::receive_frames(int& descriptor) {
  std::vector<zmq::message_t> frames;
  frames.reserve(usual_frames);
  size_t bytes = 0, sent = 0;  // of what the peer sent, which is all but the identity
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!socket_.recv(frame, zmq::recv_flags::dontwait)) break;
    more = frame.more();
    if (!frames.empty()) {
      bytes += frame.size();
      ++sent;
    }
    if (!more) inbox_.taken(descriptor = zmq_msg_get(frame.handle(), ZMQ_SRCFD), bytes, sent);
    if (frames.size() <= max_frames) frames.push_back(std::move(frame));
  }
  if (frames.empty()) inbox_.was_empty();
  return frames;
}

std::optional<Request> Router::receive() {
  int descriptor = -1;
  auto frames = receive_frames(descriptor);
  if (frames.empty()) return {};
  Request request;
  request.descriptor = descriptor;
  if (gate_) request.from = gate_->peer(user_id_of(frames.back()));
  // Identity, then either three frames, or an empty one and three: the number decides, so a tag may be empty. With a
  // session it may not, for then the number does not decide.
  const bool begins_empty = frames.size() > 1 && frames[1].size() == 0;
  const size_t head = begins_empty && frames.size() != 4 ? 2 : 1;
  const bool has_session = sessions_ == SessionFrames::taken && frames.size() == head + 4;
  const bool is_pack = sessions_ == SessionFrames::taken && frames.size() == head + 5;
  const bool well_formed = has_session || is_pack || frames.size() == head + 3;
  request.envelope.reserve(head);
  for (size_t i = 0; i < head && i < frames.size(); ++i) request.envelope.push_back(std::move(frames[i]));
  if (!well_formed) {
    if (frames.size() > head) request.tag = std::string(view(frames[head]).substr(0, max_tag_bytes));
    request.malformed = sessions_ == SessionFrames::taken
                            ? "a request has three frames, tag, encoding, body, or a fourth with its session, or a "
                              "fifth that makes it a pack"
                            : "a request has three frames: tag, encoding, body";
    return request;
  }
  request.tag = std::string(view(frames[head]).substr(0, max_tag_bytes));
  if (frames[head].size() > max_tag_bytes) request.malformed = fmt::format("a tag has at most {} bytes", max_tag_bytes);
  request.encoding = parse_encoding(view(frames[head + 1]));
  if (!request.encoding && request.malformed.empty())
    request.malformed = "the encoding frame must be \"c\" (Cap'n Proto) or \"j\" (JSON)";
  request.body = std::move(frames[head + 2]);
  if (has_session) take_session(frames[head + 3], request);
  if (is_pack) take_pack(frames[head + 3], frames[head + 4], request);
  return request;
}

void Router::take_session(const zmq::message_t& frame, Request& request) {
  request.session = parse_session_frame(view(frame));
  if (!request.session) request.malformed = session_fault;
}

// What is wrong is wrong with all of it: then it is of no session, for it cannot be told how many numbers it has.
void Router::take_pack(const zmq::message_t& session, const zmq::message_t& lengths, Request& request) {
  if (session.size() > 0) take_session(session, request);
  auto parsed = parse_pack_frame(view(lengths), request.body.size());
  if (!parsed && request.malformed.empty()) request.malformed = pack_fault;
  if (request.session && parsed && request.session->number > max_session_number - (parsed->size() - 1))
    request.malformed = session_fault;
  if (request.malformed.empty()) {
    request.lengths = std::move(*parsed);
  } else {
    request.session.reset();
  }
}

void Router::take_credits() {
  // Reading ZMQ_EVENTS handles all that is pending on the socket (libzmq 4.3.4, socket_base_t::getsockopt):
  // decision 40.
  static_cast<void>(socket_.get(zmq::sockopt::events));
}

bool Router::has_room(const Request& request, size_t bytes) {
  if (replies_.has_room(request.peer(), bytes)) return true;
  dropped_.add();
  return false;
}

void Router::reply(const Request& request, Encoding encoding, std::span<const std::string_view> frames,
                   std::string last) {
  size_t bytes = last.size();
  for (std::string_view frame : frames) bytes += frame.size();
  if (!has_room(request, bytes)) return;
  // A peer that is gone or does not read cannot hold up the others: a ROUTER drops what it cannot deliver.
  const auto send = [&](auto&& frame) { static_cast<void>(socket_.send(frame, zmq::send_flags::sndmore)); };
  for (const auto& frame : request.envelope) send(zmq::buffer(frame.data(), frame.size()));
  send(zmq::buffer(request.tag));
  send(zmq::buffer(encoding_frame(encoding)));
  for (std::string_view frame : frames) send(zmq::buffer(frame));
  static_cast<void>(socket_.send(replies_.last(std::move(last)), zmq::send_flags::none));
}

}  // namespace catlog::events
