// What the handler makes of one message: its commands one by one, what each is answered, and how the receipts go out.
#include "commandhandler/handler.h"

#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "commandhandler/senders.h"
#include "events/text/datetime.h"

namespace catlog::commandhandler {

std::shared_ptr<Handler::Message> Handler::next_message() {
  auto request = intake_.receive();
  if (!request) return {};
  auto message = std::make_shared<Message>(std::move(*request));
  message->throttled = throttled(message->request);
  return message;
}

// Each command of a pack has the number after the one before it, and the first tells what stands behind the session's.
Handler::Asked Handler::next_of(const std::shared_ptr<Message>& message) {
  const auto& request = message->request;
  if (!message->is_pack()) return {message, request.bytes(), request.session};
  Asked asked{message, request.bytes().substr(message->judged_bytes, request.lengths[message->judged]), {}};
  if (!request.session) return asked;
  if (message->judged == 0) {
    asked.session = request.session;
  } else {
    asked.session = {request.session->id, request.session->number + message->judged, request.session->oldest, 0, {}};
  }
  return asked;
}

std::optional<Handler::Answer> Handler::answer(Writer::Batch& batch, const Asked& asked,
                                               const std::optional<Refusal>& closed_by) {
  // Whoever may send nothing passes no number of a session either.
  if (auto sender = check_sender(asked.of->request.from); !sender)
    return Answer{{}, Receipt::refused("", sender.error()), false, 0, Basis::nothing};
  if (!asked.session) return answer_command(batch, asked, closed_by);
  const auto is_accepted = [&](events::Uuid id) { return batch.accepted_at(id) > asked.session->floor; };
  switch (sessions_.place(*asked.session, is_accepted)) {
    case Sessions::Place::passed:
      return answer_passed(batch, asked);
    case Sessions::Place::ahead:
      if (closed_by) return answer_command(batch, asked, closed_by);
      return Answer{{}, Receipt::refused("", Sessions::out_of_order(*asked.session)), false, 0, Basis::nothing};
    case Sessions::Place::expected:
      break;
  }
  auto answer = answer_command(batch, asked, closed_by);
  if (answer && answer->basis != Basis::nothing) sessions_.judged(*asked.session, asked.body, answer->receipt);
  return answer;
}

std::optional<Refusal> Handler::throttled(const events::Request& request) {
  if (request.from.name.empty()) return {};
  const int64_t wait_ms = throttle_.take(request.from.name, request.body.size(), events::steady_now_us());
  if (wait_ms == 0) return {};
  counters_.throttled.add();
  return Refusal{RefusalCode::BUSY, "",
                 fmt::format("{} has sent more than {} MiB of commands in a second; send it again in {} ms",
                             request.from.name, events::max_bytes_per_second_of_key >> 20, wait_ms),
                 wait_ms};
}

// What its session has gone past is never judged anew, after what stood behind it.
std::optional<Handler::Answer> Handler::answer_passed(const Writer::Batch& batch, const Asked& asked) const {
  const auto& request = asked.of->request;
  std::optional<events::Message> command;
  if (request.malformed.empty() && asked.body.size() <= events::max_command_bytes)
    if (auto read = events::read_command(asked.body, *request.encoding)) command = std::move(*read);
  const bool wants_head = command && command->root<schema::Command>().getWantHead() == 1;
  const size_t kind = command ? static_cast<size_t>(command->root<schema::Command>().which()) : 0;
  if (const auto* first = sessions_.first_receipt(*asked.session, asked.body))
    return Answer{{}, *first, wants_head, kind, Basis::repeated};
  if (!command) return Answer{{}, Receipt::refused("", Sessions::too_late(*asked.session)), false, 0, Basis::nothing};
  if (auto known = batch.recall(*command))
    return Answer{{}, std::move(*known), wants_head, kind, Basis::log};
  else if (known.error() == Decider::Unknown::pending)
    return {};
  const std::string id = command->root<schema::Command>().getId().cStr();
  return Answer{{}, Receipt::refused(id, Sessions::too_late(*asked.session)), false, kind, Basis::nothing};
}

std::optional<Handler::Answer> Handler::answer_command(Writer::Batch& batch, const Asked& asked,
                                                       const std::optional<Refusal>& closed_by) {
  const auto& request = asked.of->request;
  if (!request.malformed.empty())
    return Answer{{}, Receipt::refused("", {RefusalCode::MALFORMED, "", request.malformed})};
  if (asked.body.size() > events::max_command_bytes)
    return Answer{{},
                  Receipt::refused("", {RefusalCode::TOO_LARGE, "",
                                        fmt::format("a command has at most {} bytes; send it in parts",
                                                    events::max_command_bytes)})};
  auto command = events::read_command(asked.body, *request.encoding);
  if (!command)
    return Answer{
        {},
        Receipt::refused(command.error().id, {RefusalCode::MALFORMED, command.error().field, command.error().message})};
  auto root = command->root<schema::Command>();
  const bool wants_head = root.getWantHead() == 1;
  const auto kind = static_cast<size_t>(root.which());
  if (closed_by) {
    // Nothing is written for what is in the log already.
    if (auto known = batch.recall(*command))
      return Answer{{}, std::move(*known), wants_head, kind, Basis::log};
    else if (known.error() == Decider::Unknown::pending)
      return {};
    return Answer{{}, Receipt::refused(root.getId().cStr(), *closed_by), false, kind, Basis::nothing};
  }
  if (auto sender = check_sender(request.from, root); !sender)
    return Answer{{}, Receipt::refused(root.getId().cStr(), sender.error()), false, kind};
  auto receipt = batch.decide(*command, request.from.name);
  if (!receipt) return {};
  return Answer{{}, std::move(*receipt), wants_head, kind};
}

// What is durable is of use only in the log that the next start finds: so that is looked at last.
//
// The head is over the events of the command, and over those of commands that came before it.
void Handler::reply(Answers& answers) {
  if (!answers.empty()) log_.check_in_place();
  intake_.take_credits();
  std::optional<store::TreeHead> head;
  for (auto& [asked, receipt, wants_head, kind, basis] : answers) {
    counters_.count(kind, receipt);
    if (wants_head && receipt.verdict != Receipt::Verdict::refused) {
      if (!head) head = log_.snapshot().tree_head();
      receipt.head = head;
    }
    reply(*asked.of, receipt);
  }
  answers.clear();
  if (spare_.capacity() < answers.capacity()) spare_.swap(answers);
}

// Of a pack when all are due, or they are as long as one message may be; some may have come with an earlier batch.
void Handler::reply(Message& message, const Receipt& receipt) {
  const auto encoding = message.request.encoding.value_or(events::Encoding::json);
  auto encoded = encode(receipt, encoding);
  if (!message.is_pack()) return intake_.reply(message.request, encoding, {}, std::move(encoded));
  if (!message.receipts.empty() && message.receipts.size() + encoded.size() > events::max_pack_receipt_bytes)
    send_receipts(message, encoding);
  message.lengths.resize(message.commands());
  message.lengths[message.due++] = static_cast<uint32_t>(encoded.size());
  message.receipts += encoded;
  if (message.due == message.commands()) send_receipts(message, encoding);
}

void Handler::send_receipts(Message& message, events::Encoding encoding) {
  const std::string_view receipts = message.receipts;
  intake_.reply(message.request, encoding, {&receipts, 1}, events::write_pack_frame(message.lengths));
  message.receipts.clear();
  message.lengths.assign(message.commands(), 0);
}

}  // namespace catlog::commandhandler
