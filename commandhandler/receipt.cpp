#include "commandhandler/receipt.h"

#include "events/vocabulary.h"

#include "events/digest.h"

namespace catlog::commandhandler {
namespace {

void fill(const Receipt& from, schema::Receipt::Builder into) {
  if (!from.id.empty()) into.setId(from.id);
  switch (from.verdict) {
    case Receipt::Verdict::accepted: {
      auto accepted = into.initAccepted();
      accepted.setFirstPosition(from.effect.first);
      accepted.setLastPosition(from.effect.last);
      accepted.setEntityId(from.effect.subject_id);
      accepted.setVersion(from.effect.version);
      break;
    }
    case Receipt::Verdict::unchanged: {
      auto unchanged = into.initUnchanged();
      unchanged.setEntityId(from.effect.subject_id);
      unchanged.setVersion(from.effect.version);
      break;
    }
    case Receipt::Verdict::refused: {
      auto refused = into.initRefused();
      refused.setCode(from.refusal.code);
      if (!from.refusal.field.empty()) refused.setField(from.refusal.field);
      refused.setMessage(from.refusal.message);
      break;
    }
  }
  if (from.head) {
    into.initHead().setSize(from.head->size);
    into.getHead().setRoot(events::hex(from.head->root));
  }
  if (from.receipts.empty()) return;
  auto list = into.initReceipts(static_cast<unsigned>(from.receipts.size()));
  for (unsigned i = 0; i < list.size(); ++i) fill(from.receipts[i], list[i]);
}

}  // namespace

Receipt Receipt::of(std::string id, const Effect& effect) {
  Receipt receipt;
  receipt.id = std::move(id);
  receipt.verdict = effect.first == 0 ? Verdict::unchanged : Verdict::accepted;
  receipt.effect = effect;
  return receipt;
}

Receipt Receipt::refused(std::string id, Refusal refusal) {
  Receipt receipt;
  receipt.id = std::move(id);
  receipt.refusal = std::move(refusal);
  return receipt;
}

std::string encode(const Receipt& receipt, events::Encoding encoding) {
  capnp::word scratch[64] = {};
  capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 64));
  auto root = message.initRoot<schema::Receipt>();
  fill(receipt, root);
  return events::encode(root.asReader(), encoding);
}

}  // namespace catlog::commandhandler
