#include "commandhandler/decide.h"

#include "events/schema/record.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <capnp/any.h>
#include <fmt/format.h>

#include "commandhandler/alone.h"
#include "commandhandler/rules/rules.h"
#include "events/bus/limits.h"
#include "events/error.h"
#include "events/text/uuid.h"
#include "store/records.h"

namespace catlog::commandhandler {
namespace {

std::string_view view_of(capnp::Text::Reader text) { return {text.begin(), text.size()}; }
std::string text_of(capnp::Text::Reader text) { return std::string(view_of(text)); }

events::Digest digest_of_command(schema::Command::Reader command) {
  auto canonical = capnp::canonicalize(command);
  return events::sha256(std::as_bytes(std::span(canonical.begin(), canonical.size())));
}

bool has_digest(schema::Record::Reader record, const events::Digest& digest) {
  auto stored = record.getCommandDigest();
  uint64_t words[] = {stored.getWord0(), stored.getWord1(), stored.getWord2(), stored.getWord3()};
  for (size_t i = 0; i < digest.size(); ++i)
    if (digest[i] != static_cast<uint8_t>(words[i / 8] >> (56 - i % 8 * 8))) return false;
  return true;
}

bool is_marked(schema::Record::Reader record, events::Uuid batch) {
  return record.hasBatch() && events::uuid_of(record.getBatch().getId()) == batch;
}

Receipt reused(const std::string& id) {
  return Receipt::refused(id,
                          {RefusalCode::COMMAND_ID_REUSED, "/id",
                           "this id belongs to another command that was accepted; give each command an id of its own"});
}

}  // namespace

Decider::Decider(State state, Journal& journal, const store::LogSnapshot& log, Position head, Sealing& sealing,
                 UnchangedCommands& unchanged, Moment moment)
    : state_(std::move(state)),
      journal_(journal),
      log_(log),
      drafts_(head),
      sealing_(sealing),
      unchanged_(unchanged),
      moment_(moment) {
  CATLOG_CHECK(state_.is_noted_in(journal));  // a rule reads rows where they lie, also after it has emitted
}

std::optional<Receipt> Decider::decide(const events::Message& message, const std::string& sender) {
  auto command = message.root<schema::Command>();
  auto uuid = id_of(command);
  if (!uuid) return Receipt::refused(text_of(command.getId()), uuid.error());
  state_.prefetch(command_key(*uuid));  // while its digest is made
  CommandMeta meta{*uuid,   message.digest(), {},         moment_,    drafts_.size(),
                   command, unchanged_,       rows_seen_, rows_seen_, sender.c_str()};
  if (auto known = recall(*uuid, meta.digest, command))
    return std::move(*known);
  else if (known.error() == Unknown::pending)
    return {};
  auto id = text_of(command.getId());
  if (auto checked = check_sizes(message, command); !checked) return Receipt::refused(std::move(id), checked.error());
  // A text is no longer than the message that it is in.
  if (message.words() * sizeof(capnp::word) > events::max_envelope_text_bytes)
    if (auto checked = check_texts(command); !checked) return Receipt::refused(std::move(id), checked.error());
  return command.isBatch() ? decide_batch(id, meta, command) : decide_one(std::move(id), meta, command);
}

std::expected<Receipt, Decider::Unknown> Decider::recall(const events::Message& message) const {
  auto command = message.root<schema::Command>();
  auto uuid = id_of(command);
  if (!uuid) return std::unexpected(Unknown::never);
  return recall(*uuid, message.digest(), command);
}

std::expected<Receipt, Decider::Unknown> Decider::recall(events::Uuid uuid, const events::Digest& digest,
                                                         schema::Command::Reader command) const {
  switch (seen(uuid, digest, command.isBatch() ? Kind::batch : Kind::command)) {
    case Seen::pending:
      return std::unexpected(Unknown::pending);
    case Seen::other:
      return reused(text_of(command.getId()));
    case Seen::same:
      if (command.isBatch()) return repeat_batch(text_of(command.getId()), uuid, command);
      return Receipt::of(text_of(command.getId()), effect_of(uuid));
    case Seen::never:
      break;
  }
  return std::unexpected(Unknown::never);
}

std::optional<Position> Decider::accepted_at(events::Uuid id) const {
  const auto known = state_.get(command_key(id));
  if (!known) return {};
  return decode_known(*known).first_position;
}

Decider::Seen Decider::seen(events::Uuid id, const events::Digest& digest, Kind kind) const {
  auto known = state_.get(command_key(id));
  if (!known) return Seen::never;
  auto position = decode_known(*known).first_position;
  if (position > log_.head()) return Seen::pending;
  events::RecordView view(log_.read(position));
  auto record = view.root();
  if (kind == Kind::command) return !is_marked(record, id) && has_digest(record, digest) ? Seen::same : Seen::other;
  auto stored = record.getBatch().getDigest();
  bool same = is_marked(record, id) && stored.size() == digest.size() &&
              std::memcmp(stored.begin(), digest.data(), digest.size()) == 0;
  return same ? Seen::same : Seen::other;
}

Effect Decider::effect_of(events::Uuid id) const {
  Effect effect;
  auto known = state_.get(command_key(id));
  if (!known) return effect;
  store::visit_records(log_, decode_known(*known).first_position, [&](const events::RecordReader& record) {
    if (events::uuid_of(record.getCommandId()) != id) return false;
    effect.add(record);
    return true;
  });
  return effect;
}

void Decider::drop(const Mark& from) {
  journal_.undo(from.changes);
  state_.forget();
  drafts_.roll_back(from.drafts);
}

Receipt Decider::receipt_of(std::string id, const CommandMeta& meta, const Judge& judge) {
  const Effect& effect = judge.effect();
  Receipt receipt = Receipt::of(std::move(id), effect);
  if (judge.found())
    receipt.found = judge.found();
  else if (effect.first == 0 && effect.subject_id != events::absent_int)
    unchanged_.add(meta.id, judge.subject(), effect.subject_id, journal_);
  return receipt;
}

std::optional<Receipt> Decider::decide_one(std::string id, const CommandMeta& meta, schema::Command::Reader command) {
  const Mark start = mark();
  Judge judge(state_, drafts_, sealing_, meta, command);
  if (auto judged = judge_command(judge); !judged) {
    drop(start);
    return Receipt::refused(std::move(id), in_message(judged.error(), command));
  }
  drafts_.set_count(start.drafts);
  return receipt_of(std::move(id), meta, judge);
}

// One command of a batch; the caller keeps or drops what it changed.
std::optional<Receipt> Decider::decide_member(const CommandMeta& batch, schema::Command::Reader command) {
  auto id = text_of(command.getId());
  auto uuid = id_of(command);
  if (!uuid) return Receipt::refused(id, uuid.error());
  CommandMeta meta{*uuid,
                   digest_of_command(command),
                   {{batch.id, batch.digest}},
                   moment_,
                   batch.first_draft,
                   batch.envelope,
                   unchanged_,
                   batch.rows_seen,
                   batch.first_row_seen,
                   batch.sender};
  switch (seen(*uuid, meta.digest, Kind::command)) {
    case Seen::pending:
      return {};
    case Seen::other:
      return reused(id);
    case Seen::same:
      return Receipt::of(id, effect_of(*uuid));
    case Seen::never:
      break;
  }
  if (auto checked = check_texts(command); !checked) return Receipt::refused(id, checked.error());
  if (auto checked = check_in_batch(command); !checked) return Receipt::refused(id, checked.error());
  Judge judge(state_, drafts_, sealing_, meta, command);
  if (auto judged = judge_command(judge); !judged) return Receipt::refused(id, in_message(judged.error(), command));
  return receipt_of(std::move(id), meta, judge);
}

std::optional<Receipt> Decider::decide_batch(const std::string& id, const CommandMeta& meta,
                                             schema::Command::Reader command) {
  auto members = command.getBatch().getCommands();
  if (auto checked = check_batch(command); !checked) return Receipt::refused(id, checked.error());
  const Mark start = mark();
  Receipt receipt;
  receipt.id = id;
  std::unordered_set<events::Uuid> ids{meta.id};
  for (unsigned i = 0; i < members.size(); ++i) {
    auto member_id = events::parse_uuid(view_of(members[i].getId()));
    bool repeated = member_id && !ids.insert(*member_id).second;
    auto member =
        repeated ? Receipt::refused(text_of(members[i].getId()), twice_in_batch()) : decide_member(meta, members[i]);
    if (!member) {
      drop(start);
      return {};
    }
    if (member->verdict == Receipt::Verdict::refused) {
      drop(start);
      auto why = member->refusal;
      // Where the command names no actor, it is the batch's.
      if (!why.field.starts_with("/actor") || members[i].hasActor())
        why.field = fmt::format("/batch/commands/{}{}", i, why.field);
      receipt = Receipt::refused(id, why);
      for (unsigned j = 0; j < members.size(); ++j)
        receipt.receipts.push_back(
            j == i ? *member
                   : Receipt::refused(text_of(members[j].getId()),
                                      {RefusalCode::BATCH_REFUSED, "",
                                       fmt::format("not carried out, because command {} of the batch "
                                                   "(counted from 0) was refused",
                                                   i)}));
      return receipt;
    }
    receipt.receipts.push_back(std::move(*member));
  }
  // Members that were accepted before the batch are repeated: only what is new is the batch's own.
  if (drafts_.size() > start.drafts) {
    receipt.effect.first = drafts_.head() + start.drafts + 1;
    receipt.effect.last = drafts_.next() - 1;
  }
  receipt.verdict = receipt.effect.first == 0 ? Receipt::Verdict::unchanged : Receipt::Verdict::accepted;
  if (receipt.verdict == Receipt::Verdict::accepted) note_unchanged(receipt);
  drafts_.set_count(start.drafts);
  return receipt;
}

// What the log knows by no event of their own, for when the batch comes again.
void Decider::note_unchanged(const Receipt& batch) {
  std::vector<UnchangedMember> members;
  for (unsigned i = 0; i < batch.receipts.size(); ++i) {
    const Receipt& member = batch.receipts[i];
    if (member.verdict == Receipt::Verdict::unchanged && member.effect.subject_id != events::absent_int)
      members.push_back({i, member.effect.subject_id, member.effect.version});
  }
  if (!members.empty()) drafts_.note_unchanged(members);
}

Receipt Decider::repeat_batch(const std::string& id, events::Uuid uuid, schema::Command::Reader command) const {
  Receipt receipt;
  receipt.id = id;
  receipt.verdict = Receipt::Verdict::accepted;
  const Position first = decode_known(*state_.get(command_key(uuid))).first_position;
  std::unordered_map<unsigned, Effect> unchanged;  // members without events, by their place
  store::visit_records(log_, first, [&](const events::RecordReader& record) {
    if (!is_marked(record, uuid)) return false;
    receipt.effect.first = first;
    receipt.effect.last = record.getPosition();
    for (auto member : record.getBatch().getUnchanged()) {
      auto& effect = unchanged[member.getIndex()];
      effect.subject_id = member.getEntityId();
      effect.version = member.getVersion();
    }
    return true;
  });
  unsigned index = 0;
  for (auto member : command.getBatch().getCommands()) {
    const auto member_id = events::parse_uuid(text_of(member.getId()));
    const auto noted = unchanged.find(index++);
    receipt.receipts.push_back(Receipt::of(text_of(member.getId()), noted != unchanged.end() ? noted->second
                                                                    : member_id              ? effect_of(*member_id)
                                                                                             : Effect{}));
  }
  return receipt;
}

}  // namespace catlog::commandhandler
