// How the handler's receipts leave.
#include "commandhandler/handler.h"

#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "events/codec/receipt.h"

namespace catlog::commandhandler {

// What is durable is of use only in the log that the next start finds: so that is looked at last. A cluster's is the
// engine's, and the thread that takes it to the leader's log looks at that.
//
// The head is over the events of the command, and over those of commands that came before it.
void Handler::reply(Answers& answers) {
  if (!answers.empty() && !leadership_) log_.check_in_place();
  intake_.take_credits();
  std::optional<store::TreeHead> head;
  for (auto& [asked, receipt, wants_head, kind, basis] : answers) {
    counters_.count(kind, receipt);
    if (wants_head && receipt.verdict != Receipt::Verdict::refused) {
      if (!head) head = writer_.tree_head();
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
