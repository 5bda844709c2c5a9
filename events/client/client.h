#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "events/bus/client_keys.h"
#include "events/encoding.h"
#include "events/patience.h"
#include "events/schema/vocabulary.h"

namespace catlog::events {

constexpr size_t usual_pack = 64;

struct ClientOptions {
  std::chrono::milliseconds timeout = patience;  // without any receipt: then the daemon is unreachable
  size_t window = 256;                           // commands sent and not answered yet
  // Commands in one message, at most; with fewer open each goes by itself, at once. 1: always so, because nothing in
  // this client runs between the calls: with packs the last ones of a burst stay here until the next call. usual_pack
  // is for whoever calls finish() when there is nothing more to send.
  size_t pack = 1;
  // Without any receipt on a connection that seems to be there: then all goes again over another one.
  std::chrono::milliseconds ask_again{10'000};
  std::optional<ClientKeys> keys = {};  // for endpoints where the daemon asks for them
  // false: `notLeader` is a receipt, and the client stays where it is.
  bool follows_leader = true;
  // Called before it waits, at least each second, and when a signal came meanwhile. What it throws leaves send() and
  // finish() as Failure(unreachable) does.
  std::function<void()> before_waiting = [] {};
};

// A producer: sends commands to the intake (events/PROTOCOL.md) and hands over their receipts.
//
// Commands are judged in the order in which one client sends them, so a later one may refer to what an earlier one
// creates without waiting. They are one session of the bus: when the connection or the daemon is lost, what has no
// receipt is sent again, in the same order, under the same numbers and ids, so that each has one effect, none overtakes
// another and each gets the receipt that it had first. Only of a command that an earlier daemon found unchanged, or
// refused, and that others behind it were accepted since, nobody knows the receipt any more: that is `tooLate`.
// Receipts are handed over in order, `busy` and `storageFull` too: such a command was not judged, and those behind it
// follow. Threads: one at a time. Lifetime: callbacks run inside send() and finish() only;
// one may send, and another runs inside it only where it sends so much that the window is full.
//
// Where packs are asked for: with as many open as one may hold, what is sent waits for a full pack, or for the next
// call that comes a millisecond later or finds no receipt to take: whoever stops sending calls finish(). Packs are no
// batches: each command is judged by itself. A daemon that knows no packs gets its commands one by one.
class Client {
 public:
  // `endpoint`: "ipc:///…/run/commands.ipc" or "tcp://127.0.0.1:…"; of a cluster any machine's, or several with commas
  // between them: it finds the one that writes, and the next when that is gone. Does not wait for a connection.
  // Failure(usage) when the endpoint cannot be used (an ipc path over 107 bytes, say).
  explicit Client(const std::string& endpoint, ClientOptions options = {});
  Client(Client&&) noexcept;
  ~Client();

  // It is accepted, unchanged or refused: one of which this release cannot tell which is Failure(failure).
  using OnReceipt = std::function<void(schema::Receipt::Reader)>;

  // Sends one command; `id` may be unset, of a batch's commands too: then it gets a new version-7 UUID. Waits while the
  // window is full. Throws Failure(unreachable), with how many commands are answered and how many are not, when nothing
  // was answered for the time-out, Failure(usage) where the daemon does not let this client in; then the object may
  // only be asked unanswered() and unsent(), and destroyed. Time that passes in a callback, or while the process is
  // suspended, is no waiting.
  void send(schema::Command::Builder command, OnReceipt on_receipt);
  // Sends a body as it is, whatever it holds. One over the hard cap of a frame is not sent: its receipt is made here,
  // `tooLarge`, because ZeroMQ would cut the connection.
  void send(std::string_view body, Encoding encoding, OnReceipt on_receipt);
  // Waits until everything sent is answered. Throws as send().
  void finish();
  // How many of the last commands that it was given have no receipt: they may have been carried out or not. One with
  // which send() was still waiting for the window is none of them: it was never sent.
  size_t unanswered() const;
  // How many of these, the last ones, found no connection so far: nobody has carried them out.
  size_t unsent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace catlog::events
