#include "events/codec/receipt.h"

#include "events/schema/vocabulary.h"

#include <capnp/dynamic.h>

#include "events/codec/message.h"
#include "events/digest.h"
#include "events/schema/model.h"

namespace catlog::events {
namespace {

void fill(const Found& from, capnp::DynamicStruct::Builder into) {
  auto reference = into.init(from.kind).as<capnp::DynamicStruct>();
  reference.set("id", from.id);
  for (const auto& [field, value, is_row] : from.names) {
    if (const auto* text = std::get_if<std::string>(&value))
      reference.set(field, capnp::Text::Reader(text->c_str(), text->size()));
    else if (is_row)
      reference.init(field).as<capnp::DynamicStruct>().set("id", std::get<int64_t>(value));
    else
      reference.set(field, std::get<int64_t>(value));
  }
}

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
      refused.setWaitMs(from.refusal.wait_ms);
      if (!from.refusal.leader.empty()) refused.setLeader(from.refusal.leader);
      if (!from.refusal.leader_key.empty()) refused.setLeaderKey(from.refusal.leader_key);
      break;
    }
  }
  if (from.head) {
    into.initHead().setSize(from.head->size);
    into.getHead().setRoot(hex(from.head->root));
  }
  if (from.found) fill(*from.found, into.initFound());
  if (from.receipts.empty()) return;
  auto list = into.initReceipts(static_cast<unsigned>(from.receipts.size()));
  for (unsigned i = 0; i < list.size(); ++i) fill(from.receipts[i], list[i]);
}

}  // namespace

void Effect::add(schema::Record::Reader record) {
  if (first == 0) {
    first = record.getPosition();
    version = 0;  // what the log says, so that a repeated receipt is the same: 0 when the subject itself did not change
  }
  last = record.getPosition();
  subject_id = record.getSubjectId();
  if (record.getSubject() == Entity::UNSET) return;
  // A command about a season removes its episodes first: only the subject's own stream counts.
  Entity stream = model().entity(record.getSubject()).stream;
  if (stream != record.getStream()) return;
  if (stream == record.getSubject() && record.getStreamId() != subject_id) return;
  version = record.getStreamVersion();
}

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

// A receipt has no secrets, so in binary it is sent as it was built; nearly always in one segment.
std::string encode(const Receipt& receipt, Encoding encoding) {
  capnp::word scratch[64] = {};
  capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 64));
  auto root = message.initRoot<schema::Receipt>();
  fill(receipt, root);
  const auto segments = message.getSegmentsForOutput();
  if (encoding == Encoding::json || segments.size() != 1) return encode(root.asReader(), encoding);
  const auto segment = segments[0].asChars();
  const uint32_t frame[2] = {0, static_cast<uint32_t>(segments[0].size())};  // segments less one, and its words
  std::string bytes;
  bytes.reserve(sizeof frame + segment.size());
  bytes.append(reinterpret_cast<const char*>(frame), sizeof frame);
  return bytes.append(segment.begin(), segment.size());
}

}  // namespace catlog::events
