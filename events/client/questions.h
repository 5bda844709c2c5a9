#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <capnp/message.h>
#include <zmq.hpp>

#include "events/bus/client_keys.h"
#include "events/bus/connection.h"
#include "events/codec/json.h"
#include "events/patience.h"

namespace catlog::events {

// Questions to the replay socket, or to the groups', in JSON, one at a time, and one that is known to come next; what
// is not answered is asked again where the connection was lost.
//
// Threads: one at a time. Lifetime: refers to the context.
class Questions {
 public:
  using Clock = std::chrono::steady_clock;
  // `answer_within`: how long there may be no answer. `ask_again`: the same on a connection that seems to be there,
  // after which it is asked over another one. Throws Failure(usage) when the endpoint cannot be used.
  Questions(zmq::context_t& context, std::string endpoint, std::chrono::milliseconds answer_within,
            std::chrono::milliseconds ask_again, const std::optional<ClientKeys>& keys = {});

  bool is_open() const { return !asked_.empty(); }
  // Whatever was asked before is of no interest any more.
  void ask(std::string request);
  // While one is open: asks this one too, so that it is dealt with while the first one's answer is on its way.
  void ask_ahead(std::string request);
  bool has_ahead() const { return !ahead_.empty(); }
  // When the first is answered, what was asked ahead is the one that is open: as `request` from now on, where it must
  // be asked again. Or it is of no interest any more.
  void go_on(std::string request);
  void forget_ahead();
  // The frames behind tag and encoding of the answer to what was asked; nothing when there are none by then. Throws
  // Failure(unreachable) after answer_within, whose words `told_besides` ends, Failure(usage) where the daemon does not
  // let this client in.
  std::optional<std::vector<zmq::message_t>> answer(Clock::time_point until, std::string_view told_besides = {});

 private:
  void send(uint64_t number, std::string_view request);

  std::string endpoint_;
  Connection connection_;
  uint64_t number_ = 0;
  std::string asked_;   // that is not answered yet; empty: none
  std::string ahead_;   // the one with the next number; empty: none
  Silence silence_;     // since it was asked
  Silence since_sent_;  // since it was sent
};

constexpr const char* replay_answer = "the answer of the replay socket";

// Throws Failure(failure): this did not come from a catlog of this version.
[[noreturn]] void fail_unknown(std::string_view what);
// Throws what the daemon's refusal of a question is: Failure(refused) where it is about another history than the one
// that was asked about, Failure(usage) where the question is bad.
[[noreturn]] void fail_refused(std::string_view words);

// A message in JSON, read into `message`. Throws as fail_unknown.
template <class Struct>
typename Struct::Reader read_answer(const zmq::message_t& json, capnp::MallocMessageBuilder& message,
                                    std::string_view what) {
  auto root = message.initRoot<Struct>();
  if (!read_json(json.to_string_view(), root, Fields::known)) fail_unknown(what);
  return root.asReader();
}

}  // namespace catlog::events
