#include "bin/cli/receipts.h"

#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/codec/json.h"
#include "events/text/printable.h"

namespace catlog::cli {
namespace {

std::string words_of(events::schema::Receipt::Reader receipt) {
  const std::string command = fmt::format("the command {} was ", receipt.getId().cStr());
  if (receipt.isUnchanged()) return command + "carried out, and there was nothing to do";
  if (receipt.isRefused())
    return fmt::format("{}refused: {}", command, events::printable(receipt.getRefused().getMessage().cStr()));
  const auto accepted = receipt.getAccepted();
  return fmt::format("{}accepted: positions {} to {}", command, accepted.getFirstPosition(),
                     accepted.getLastPosition());
}

}  // namespace

std::string Receipts::take(events::schema::Receipt::Reader receipt) {
  ++(receipt.isAccepted() ? accepted_ : receipt.isUnchanged() ? unchanged_ : refused_);
  return events::write_json(receipt, events::Secrets::hidden) + '\n';
}

std::string Receipts::summary(size_t unanswered) const {
  const std::string all = fmt::format("{} accepted, {} unchanged, {} refused", accepted_, unchanged_, refused_);
  if (unanswered == 0) return all;
  return fmt::format("{}, {} without a receipt (the {} commands before have theirs)", all, unanswered, taken());
}

Answer send_alone(events::Client& client, events::schema::Command::Builder command) {
  Receipts receipts;
  Answer answer;
  client.send(command, [&](auto receipt) {
    answer = {.is_refused = receipt.isRefused(), .receipt = receipts.take(receipt), .words = words_of(receipt)};
  });
  client.finish();
  return answer;
}

void show_receipt(const Answer& answer) {
  outlive_readers();
  try {
    if (!show_json_now(answer.receipt))
      throw events::Failure(events::Exit::failure, "nobody reads the standard output any more");
  } catch (const events::Failure& failure) {
    throw events::Failure(failure.code(), fmt::format("{}; {}", failure.what(), answer.words));
  }
}

}  // namespace catlog::cli
