#include "events/client/log_head.h"

#include "events/schema/vocabulary.h"

#include <algorithm>

#include "events/client/questions.h"
#include "events/codec/message.h"
#include "events/digest.h"

namespace catlog::events {

LogHead ask_log_head(const WaitOptions& options) {
  zmq::context_t context;
  Questions questions(context, options.replay_endpoint, options.answer_within, options.ask_again, options.keys);
  questions.ask(R"({"status":null})");
  const auto frames = questions.answer(Questions::Clock::time_point::max()).value();
  capnp::MallocMessageBuilder message;
  const auto answer = read_answer<schema::ReplayAnswer>(frames.front(), message, replay_answer);
  if (answer.isRefused()) fail_refused(answer.getRefused().cStr());
  if (!answer.isStatus()) fail_unknown(replay_answer);
  LogHead log{answer.getStatus().getLogId().cStr(), {answer.getStatus().getHead(), {}}};
  const auto root = unhex(answer.getStatus().getRoot().cStr());
  if (!root || root->size() != log.head.root.size()) fail_unknown(replay_answer);
  std::ranges::copy(*root, log.head.root.begin());
  return log;
}

}  // namespace catlog::events
