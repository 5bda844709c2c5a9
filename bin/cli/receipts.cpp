#include "bin/cli/receipts.h"

#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/codec/json.h"

namespace catlog::cli {

std::string Receipts::take(events::schema::Receipt::Reader receipt) {
  ++(receipt.isAccepted() ? accepted_ : receipt.isUnchanged() ? unchanged_ : refused_);
  return events::write_json(receipt, events::Secrets::hidden) + '\n';
}

std::string Receipts::summary(size_t unanswered) const {
  const std::string all = fmt::format("{} accepted, {} unchanged, {} refused", accepted_, unchanged_, refused_);
  if (unanswered == 0) return all;
  return fmt::format("{}, {} without a receipt (the {} commands before have theirs)", all, unanswered, taken());
}

events::Exit send_alone(events::Client& client, events::schema::Command::Builder command) {
  Receipts receipts;
  client.send(command, [&receipts](auto receipt) { show_json(receipts.take(receipt)); });
  client.finish();
  return receipts.refused() > 0 ? events::Exit::refused : events::Exit::ok;
}

}  // namespace catlog::cli
