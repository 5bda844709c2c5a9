#pragma once
#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <zmq.hpp>

#include "events/bus/allow_list.h"
#include "events/bus/bus.h"
#include "events/bus/speech.h"
#include "events/counters.h"
#include "events/heartbeat.h"

namespace catlog::events {

// Whether a peer must prove who it is: where not, whoever may open a socket's file may do everything.
enum class KeysAsked { no, yes };

struct GateOptions {
  KeysAsked keys = KeysAsked::no;
  std::string server_secret_key;  // empty: nothing can be encrypted
  uid_t owner = 0;                // of the data directory, who may do everything, as root may
};

struct GateCounters {
  Counter admitted, refused;  // handshakes
  Heartbeat heartbeat;
};

// Who may speak to this process: it answers ZeroMQ's question about each connection (ZAP, rfc.zeromq.org/spec/27), and
// says who sent a message. A connection's peer is known by its key, where it is encrypted, or by the user at the other
// end of a Unix socket, as the kernel says; neither can be said by the peer itself. Where it is open to all of the
// machine nobody is known, for that user need not be one whom the daemon's files let in.
//
// The list may change at any time: what is known of a peer is what the present list says of its key or user. When
// somebody is not on it any more, or in another role, all encrypted connections are cut off, and when a user of this
// machine may not follow any more, all that follow; ZeroMQ's peers come again, and those who may not any more are
// refused then.
//
// Threads: run() owns its socket; guard() and encrypt() before the socket is used; the rest any. Lifetime: outlives the
// sockets that it guards; `context` outlives it.
class Gate {
 public:
  // From now on the context's connections that ask are answered, once run() runs. One a context.
  Gate(zmq::context_t& context, GateOptions options);
  Gate(const Gate&) = delete;

  KeysAsked keys() const { return options_.keys; }
  // Has what `socket` is bound to from then on ask this gate, under the name of what it is for and of who may come.
  void guard(zmq::socket_t& socket, Doing doing, Speech speech) const;
  // Has what it is bound to from then on speak to none but who has a key, encrypted.
  void encrypt(zmq::socket_t& socket) const;

  // Whether somebody is not on it any more, or in another role.
  enum class Change { nobody_lost, somebody_lost };
  Change install(AllowList list);
  std::shared_ptr<const AllowList> list() const;
  // The peer that a message is from, by the user id that ZeroMQ has put beside it; a stranger by none.
  Peer peer(std::string_view user_id) const;

  // Returns after `stop` was set.
  void run(Stop& stop);
  const GateCounters& counters() const { return counters_; }

 private:
  struct Question;
  std::string user_id_of(const Question& question) const;
  bool is_admitted(std::string_view user_id, std::string_view domain) const;
  void answer();

  GateOptions options_;
  std::string own_key_;  // the public one; empty: nothing is encrypted
  zmq::socket_t socket_;
  mutable std::mutex mutex_;
  std::shared_ptr<const AllowList> list_ = std::make_shared<const AllowList>();
  GateCounters counters_;
};

// What ZeroMQ knows of who sent this message; empty: nothing.
std::string_view user_id_of(const zmq::message_t& frame);

}  // namespace catlog::events
