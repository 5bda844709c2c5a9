#include "events/bus/router.h"

#include <optional>
#include <vector>

#include "events/bus/bus.h"
#include "tests/fuzz/targets/exchange.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

using events::Encoding, events::SessionFrames;

// A router, and a peer that asks it.
class Asked {
 public:
  explicit Asked(SessionFrames sessions) : sessions_(sessions), peer_(context_, endpoint_) {}

  void ask(const std::vector<std::string>& frames) {
    peer_.send(frames);
    auto request = next();
    must(request.has_value(), "a request does not arrive");
    must(request->tag.size() <= events::max_tag_bytes, "a tag is longer than one may be");
    if (request->malformed.empty()) check_taken(*request, frames);
    const std::string tag = request->tag;
    router_.take_credits();
    router_.reply(*request, request->encoding.value_or(Encoding::json), {}, "answer");
    const auto answer = peer_.receive();
    must(answer.size() >= 3 && answer.back() == "answer" && answer[answer.size() - 3] == tag,
         "a request is answered otherwise");
  }

 private:
  std::optional<events::Request> next() {
    std::optional<events::Request> request;
    for (int tries = 0; !request && tries < 2; ++tries) {
      request = router_.receive();
      zmq::pollitem_t item{router_.socket().handle(), 0, ZMQ_POLLIN, 0};
      if (!request) zmq::poll(&item, 1, long_wait);
    }
    return request ? std::move(request) : router_.receive();
  }
  void check_taken(const events::Request& request, const std::vector<std::string>& frames) const {
    const size_t behind = !request.lengths.empty() ? 2 : request.session ? 1 : 0;
    must(request.encoding.has_value(), "a request has no encoding");
    must(frames.size() >= 3 + behind, "a request is made up");
    must(!request.session || sessions_ == SessionFrames::taken, "a session is taken where there are none");
    must(request.bytes() == frames[frames.size() - 1 - behind], "a request has another body");
    must(request.tag == frames[frames.size() - 3 - behind], "a request has another tag");
  }

  SessionFrames sessions_;
  std::string endpoint_ =
      "ipc://" + (scratch() / (sessions_ == SessionFrames::taken ? "sessions.ipc" : "router.ipc")).string();
  zmq::context_t context_;
  events::Router router_{context_, endpoint_, {16, 64, sessions_}};
  Peer peer_;
};

}  // namespace

// Each line is a frame. Whatever frames arrive there is a request, which is answered: right, or with what is wrong.
void try_request(Input input) {
  static Asked plain(SessionFrames::none), with_sessions(SessionFrames::taken);
  const auto frames = frames_of_lines(text_of(input));
  plain.ask(frames);
  with_sessions.ask(frames);
}

}  // namespace catlog::tests
