#include "events/bus/gate.h"

#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "events/bus/connections.h"
#include "events/bus/sockets.h"
#include "events/error.h"

namespace catlog::events {
namespace {

constexpr const char* zap_endpoint = "inproc://zeromq.zap.01";
constexpr std::chrono::milliseconds longest_rest{1'000};
constexpr size_t binary_key_bytes = 32;
// What user ids begin with; a key in Z85 or a user's number follows.
constexpr std::string_view by_key = "key/", by_user = "uid/", unproven = "any/";

constexpr std::string_view open_to_all = "open/";  // what such a place's domain begins with

std::string_view domain_of(Doing doing) {
  return doing == Doing::follow ? "follow" : doing == Doing::share ? "share" : "ask";
}

std::string_view text_of(const zmq::message_t& frame) { return {static_cast<const char*>(frame.data()), frame.size()}; }

// "localhost:UID:GID:PID" is how libzmq names the peer of a Unix socket (decision 79). Empty: it is none.
std::string_view user_in(std::string_view address) {
  const size_t pid = address.rfind(':');
  if (pid == std::string_view::npos || pid == 0) return {};
  const size_t gid = address.rfind(':', pid - 1);
  if (gid == std::string_view::npos || gid == 0) return {};
  const size_t uid = address.rfind(':', gid - 1);
  if (uid == std::string_view::npos) return {};
  const auto user = address.substr(uid + 1, gid - uid - 1);
  return user.find_first_not_of("0123456789") == std::string_view::npos ? user : std::string_view();
}

}  // namespace

struct Gate::Question {
  std::string_view domain, address, mechanism, credentials;
};

Gate::Gate(zmq::context_t& context, GateOptions options)
    : options_(std::move(options)),
      own_key_(options_.server_secret_key.empty() ? "" : public_key_of(options_.server_secret_key)),
      socket_(context, zmq::socket_type::rep) {
  socket_.set(zmq::sockopt::linger, 0);
  try {
    socket_.bind(zap_endpoint);
  } catch (const zmq::error_t& error) {
    throw Failure(Exit::failure, fmt::format("cannot answer for who may connect: {}", error.what()));
  }
}

// ZeroMQ asks where there is somebody to ask: this gate, which goes after the sockets.
void Gate::guard(zmq::socket_t& socket, Doing doing, Speech speech) const {
  socket.set(zmq::sockopt::zap_domain,
             fmt::format("{}{}", speech == Speech::open ? open_to_all : std::string_view(), domain_of(doing)));
}

void Gate::encrypt(zmq::socket_t& socket) const {
  CATLOG_CHECK(is_key(options_.server_secret_key));
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, options_.server_secret_key);
}

Gate::Change Gate::install(AllowList list) {
  auto fresh = std::make_shared<const AllowList>(std::move(list));
  const auto earlier = [&] {
    const std::lock_guard lock(mutex_);
    return std::exchange(list_, fresh);
  }();
  // From here on no handshake is answered by the earlier list, and whoever was let in by it has a connection.
  // Over a Unix socket no message of the feed is asked about any more, so those connections go too.
  if (fresh->ends_following_of(*earlier)) cut_off_followers();
  if (fresh->keeps_all_of(*earlier)) return Change::nobody_lost;
  cut_off_encrypted();
  return Change::somebody_lost;
}

std::shared_ptr<const AllowList> Gate::list() const {
  const std::lock_guard lock(mutex_);
  return list_;
}

Peer Gate::peer(std::string_view user_id) const {
  const auto present = list();
  if (user_id.starts_with(by_key)) {
    const auto key = user_id.substr(by_key.size());
    return key == own_key_ ? Peer{PeerRole::node, {}} : present->by_key(key);
  }
  const bool is_asked = options_.keys == KeysAsked::yes;
  if (user_id.starts_with(by_user)) {
    const auto user = user_id.substr(by_user.size());
    const Peer& listed = present->by_user(user);
    const bool is_listed = listed.role != PeerRole::stranger;
    // Whose files they are may do everything, whatever the list says: housekeeping is among them.
    const bool is_owner = user == "0" || user == fmt::format("{}", options_.owner);
    if (is_listed && !is_owner) return listed;
    if (!is_asked) return {PeerRole::admin, listed.name};
    return {is_owner ? PeerRole::admin : PeerRole::local, is_listed ? listed.name : fmt::format("uid:{}", user)};
  }
  if (user_id == unproven && !is_asked) return {PeerRole::anyone, {}};
  return {};
}

// Empty: nobody.
std::string Gate::user_id_of(const Question& question) const {
  if (question.mechanism == "CURVE") {
    if (question.credentials.size() != binary_key_bytes) return {};
    std::array<char, key_text_bytes + 1> key{};
    ::zmq_z85_encode(key.data(), reinterpret_cast<const uint8_t*>(question.credentials.data()), binary_key_bytes);
    return fmt::format("{}{}", by_key, key.data());
  }
  if (question.mechanism != "NULL") return {};
  const auto user = question.domain.starts_with(open_to_all) ? std::string_view() : user_in(question.address);
  return user.empty() ? std::string(unproven) : fmt::format("{}{}", by_user, user);
}

// Who asks is let in where anything at all is allowed, for a refusal can say more than a closed connection; the feed
// has no refusals.
bool Gate::is_admitted(std::string_view user_id, std::string_view domain) const {
  const PeerRole role = peer(user_id).role;
  if (domain.starts_with(open_to_all)) domain.remove_prefix(open_to_all.size());
  if (domain == domain_of(Doing::follow)) return may(role, Doing::follow);
  if (domain == domain_of(Doing::share)) return may(role, Doing::share);
  return role != PeerRole::stranger && role != PeerRole::node;
}

void Gate::answer() {
  std::vector<zmq::message_t> frames;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!socket_.recv(frame, zmq::recv_flags::dontwait)) return;
    more = frame.more();
    frames.push_back(std::move(frame));
  }
  // Version, request id, domain, address, routing id, mechanism, credentials.
  constexpr size_t fixed = 6;
  if (frames.size() < fixed) frames.resize(fixed);
  const Question question{text_of(frames[2]), text_of(frames[3]), text_of(frames[5]),
                          frames.size() > fixed ? text_of(frames[fixed]) : std::string_view()};
  const std::string user_id = user_id_of(question);
  const bool admitted = is_admitted(user_id, question.domain);
  (admitted ? counters_.admitted : counters_.refused).add();
  const std::array<std::string_view, 6> reply{"1.0",
                                              text_of(frames[1]),
                                              admitted ? "200" : "400",
                                              admitted ? "" : "not on the list",
                                              admitted ? std::string_view(user_id) : std::string_view(),
                                              ""};
  for (size_t i = 0; i < reply.size(); ++i)
    send_frame(socket_, reply.at(i), i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

void Gate::run(Stop& stop) {
  while (!stop.is_set()) {
    counters_.heartbeat.beat();
    wait_for_any(stop, {&socket_}, longest_rest);
    answer();
  }
}

std::string_view user_id_of(const zmq::message_t& frame) {
  const char* id = ::zmq_msg_gets(frame.handle(), "User-Id");
  return id ? std::string_view(id) : std::string_view();
}

}  // namespace catlog::events
