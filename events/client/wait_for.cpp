#include "events/client/wait_for.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <thread>

#include "events/bus/limits.h"
#include "events/client/questions.h"
#include "events/codec/message.h"

namespace catlog::events {
namespace {

using std::chrono::milliseconds;
using Clock = Questions::Clock;

// Where a daemon can let nobody more wait, or ends, it answers at once.
constexpr milliseconds pause{50};

std::string request(Position position, const std::string& log_id, milliseconds within) {
  capnp::MallocMessageBuilder message;
  auto wanted = message.initRoot<schema::ReplayRequest>().initWaitFor();
  if (position == latest_position)
    wanted.setLatest(1);
  else
    wanted.setPosition(position);
  wanted.setWithinMs(static_cast<uint64_t>(within.count()));
  if (!log_id.empty()) wanted.setLogId(log_id);
  return encode(message.getRoot<schema::ReplayRequest>().asReader(), Encoding::json);
}

}  // namespace

Waited wait_for(Position position, const WaitOptions& options) {
  zmq::context_t context;
  Questions questions(context, options.replay_endpoint, options.answer_within, options.ask_again, options.keys);
  // So that a silence tells of a connection that only seems to be there.
  const milliseconds longest =
      std::clamp(std::min(options.answer_within, options.ask_again) / 2, milliseconds(1), milliseconds(max_wait_ms));
  for (const auto end = Clock::now() + options.within;;) {
    const auto left = std::max(std::chrono::ceil<milliseconds>(end - Clock::now()), milliseconds(0));
    questions.ask(request(position, options.log_id, std::min(left, longest)));
    const auto frames = questions.answer(Clock::time_point::max()).value();
    capnp::MallocMessageBuilder message;
    const auto answer = read_answer<schema::ReplayAnswer>(frames.front(), message, replay_answer);
    if (answer.isRefused()) fail_refused(answer.getRefused().cStr());
    if (!answer.isWaited() || answer.getWaited().getLogId().size() == 0) fail_unknown(replay_answer);
    const Waited waited{answer.getWaited().getIsThere(), answer.getWaited().getPosition()};
    if (waited.is_there || left == milliseconds(0)) return waited;
    std::this_thread::sleep_for(std::min(left, pause));
  }
}

}  // namespace catlog::events
