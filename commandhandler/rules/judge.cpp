#include "commandhandler/rules/judge.h"

#include "events/schema/record.h"

#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "commandhandler/rules/columns.h"
#include "commandhandler/rules/unique.h"
#include "events/schema/sections.h"

namespace catlog::commandhandler {
namespace {

using events::EventType;
using events::Op;
using events::schema::Allowed;

// A command or batch that would record more is refused: it must fit one commit and one batch of every reader.
constexpr size_t max_events_per_command = 65'536;
// The same of rows that are only looked at, for everybody waits meanwhile.
constexpr size_t max_rows_seen = 65'536;

uint64_t word_of(const events::Digest& digest, size_t number) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word = 0;
  std::memcpy(&word, &digest[number * sizeof word], sizeof word);
  return __builtin_bswap64(word);
}

// With its NUL.
size_t words_of(capnp::Text::Reader text) { return text.size() / sizeof(capnp::word) + 1; }

}  // namespace

Judge::Judge(State& state, Drafts& drafts, Sealing& sealing, const CommandMeta& meta, schema::Command::Reader command)
    : state_(state),
      drafts_(drafts),
      sealing_(sealing),
      meta_(meta),
      command_(command),
      has_actor_(command.hasActor() || meta.envelope.hasActor()),
      actor_(command.hasActor() ? command.getActor() : meta.envelope.getActor()),
      correlation_id_(command.hasCorrelationId() ? command.getCorrelationId() : meta.envelope.getCorrelationId()),
      causation_id_(command.hasCausationId() ? command.getCausationId() : meta.envelope.getCausationId()),
      envelope_words_((has_actor_ ? actor_.totalSize().wordCount : 0) + words_of(correlation_id_) +
                      words_of(causation_id_) + words_of(meta.sender)),
      max_events_(max_events_per_command) {}

OrRefusal<void> Judge::authorise(const events::CommandType& type) {
  // A batch is sent by one actor: nothing in it may be said in another's name, or in a service's.
  int64_t sender = meta_.envelope.getActor().getUserId();
  if (sender != events::absent_int && actor_.getUserId() != sender)
    return refuse(RefusalCode::FORBIDDEN, "actor.userId",
                  "a command in a batch has the batch's own actor; leave it out");
  int64_t acting = actor_.getUserId();
  if (acting == events::absent_int) return {};
  auto user = row(Entity::USER, acting);
  if (!user || kept_int(*user, Entity::USER, "isActive") != 1)
    return refuse(RefusalCode::FORBIDDEN, "actor.userId", "the acting user is unknown or inactive");
  if (type.allowed == Allowed::SERVICE)
    return refuse(RefusalCode::FORBIDDEN, "actor.userId",
                  fmt::format("{} is a service's to send, on no user's behalf; leave actor.userId out", type.name));
  auto role = static_cast<schema::Role>(kept_int(*user, Entity::USER, "role"));
  if (role == schema::Role::ADMIN) return {};
  bool is_user = role == schema::Role::USER;
  if (type.allowed == Allowed::ADMIN || (type.allowed == Allowed::USER && !is_user) ||
      (type.allowed == Allowed::OWN_USER && !is_user))
    return refuse(RefusalCode::FORBIDDEN, "actor.userId",
                  fmt::format("the acting user's role does not allow {}", type.name));
  if (type.allowed != Allowed::USER) own_only_ = acting;
  return {};
}

OrRefusal<void> Judge::touch_user(int64_t user_id) const {
  if (!own_only_ || *own_only_ == user_id) return {};
  return refuse(RefusalCode::FORBIDDEN, "actor.userId", "the acting user may do this for itself only");
}

OrRefusal<void> Judge::about(Stream stream, Entity entity, int64_t id, Exists exists) {
  subject_ = entity;
  effect_.subject_id = id;
  uint64_t version = state_.head(stream.kind, stream.id).version;
  effect_.version = version;
  int64_t expected = command_.getExpectedVersion();
  if (expected == -1) return {};
  if (expected == 0 ? exists == Exists::no : exists == Exists::yes && static_cast<uint64_t>(expected) == version)
    return {};
  if (expected > 0 && exists == Exists::no && stream.kind != entity && static_cast<uint64_t>(expected) == version)
    return {};
  return refuse(RefusalCode::VERSION_CONFLICT, "expectedVersion",
                exists == Exists::yes ? fmt::format("it is at version {} now; read it again and decide anew", version)
                                      : std::string("it does not exist; send expectedVersion 0 to create it"));
}

std::optional<EncodedRow> Judge::row(Entity entity, int64_t id) const {
  const auto found = state_.get(row_key(entity, id));
  if (!found || !decode_head(*found).alive) return {};
  return EncodedRow(*found);
}

int64_t Judge::next_id(Entity entity) const {
  auto counter = state_.get(counter_key(entity));
  return counter ? decode_id(*counter) : 1;
}

// What an event that changes a row does not name stays as it is, where the state knows it: 0 would be another value.
void Judge::keep_absent(const EventType& type, Stream stream, capnp::DynamicStruct::Builder group) const {
  if (type.op != Op::UPDATE) return;
  const events::Sections given(group.asReader());
  std::optional<EncodedRow> present;
  for (const auto& column : type.columns) {
    if (!column.kept || column.absent != events::schema::Absent::ZERO || !given.is_absent(column)) continue;
    if (!present) present = row(type.entity, stream.id);
    if (!present) return;
    const Value value = commandhandler::kept(*present, type.entity, column.name);
    if (const auto* real = std::get_if<double>(&value)) group.set(column.field, *real);
    if (const auto* integer = std::get_if<int64_t>(&value)) group.set(column.field, *integer);
  }
}

OrRefusal<bool> Judge::emit_group(Emit mode, Stream stream, Which which, capnp::DynamicStruct::Builder group) {
  const EventType& type = *events::model().event(static_cast<uint16_t>(which));
  keep_absent(type, stream, group);
  CATLOG_PASS(check_columns(type, group));
  std::optional<GroupDigest> digest;
  if (type.group != 0) {
    digest = digest_of(group.asReader());
    if (mode == Emit::if_changed) {
      bool is_head = type.op == Op::ASSIGN;
      int64_t id = type.has_row_id ? group.get("id").as<int64_t>() : stream.id;
      auto stored = state_.get(row_key(is_head ? stream.kind : type.entity, is_head ? stream.id : id));
      if (stored && holds_group(*stored, type.group, *digest)) return false;
    }
  }
  CATLOG_PASS(check_unique(state_, type, stream.id, group.asReader()));
  CATLOG_PASS(record(stream, type, group.asReader(), digest));
  return true;
}

OrRefusal<void> Judge::emit(Stream stream, Which which) {
  return record(stream, *events::model().event(static_cast<uint16_t>(which)), {}, {});
}

OrRefusal<void> Judge::emit_row(Stream stream, Which which, int64_t row_id) {
  CATLOG_PASS(emit<schema::RowId>(stream, which, [&](auto& group) { group.setId(row_id); }));
  return {};
}

void Judge::write_header(schema::Record::Builder record, Stream stream) const {
  auto head = state_.head(stream.kind, stream.id);
  record.setPosition(drafts_.next());
  record.setRecordedAt(meta_.moment.recorded_us);
  record.getCommandId().setHigh(meta_.id.high);
  record.getCommandId().setLow(meta_.id.low);
  auto digest = record.getCommandDigest();
  digest.setWord0(word_of(meta_.digest, 0));
  digest.setWord1(word_of(meta_.digest, 1));
  digest.setWord2(word_of(meta_.digest, 2));
  digest.setWord3(word_of(meta_.digest, 3));
  record.setStream(stream.kind);
  record.setStreamId(stream.id);
  record.setStreamVersion(head.version + 1);
  record.setPreviousInStream(head.last_position);
  record.setSubject(subject_);
  record.setSubjectId(effect_.subject_id);
  record.setIndex(static_cast<uint32_t>(drafts_.size() - meta_.first_draft));
  record.setCount(1);  // of a message with more, when its last one is there: Drafts::set_count
  if (correlation_id_.size() > 0) record.setCorrelationId(correlation_id_);
  if (causation_id_.size() > 0) record.setCausationId(causation_id_);
  if (has_actor_) record.setActor(actor_);
  if (meta_.sender.size() > 0) record.setSender(meta_.sender);
  if (meta_.batch) {
    auto mark = record.initBatch();
    mark.initId().setHigh(meta_.batch->first.high);
    mark.getId().setLow(meta_.batch->first.low);
    mark.setDigest(capnp::Data::Reader(meta_.batch->second.data(), meta_.batch->second.size()));
  }
}

OrRefusal<void> Judge::record(Stream stream, const EventType& type, capnp::DynamicStruct::Reader group,
                              const std::optional<GroupDigest>& digest) {
  if (drafts_.size() - meta_.first_draft >= max_events_)
    return refuse(RefusalCode::RESTRICTED, "",
                  fmt::format("this would record more than {} events at once; do it in parts", max_events_));
  constexpr size_t header_words = 64;
  size_t group_words = type.columns.empty() ? 0 : capnp::AnyStruct::Reader(group).totalSize().wordCount;
  // One segment that holds it all: records are single-segment.
  auto words = drafts_.space(header_words + group_words + envelope_words_);
  capnp::FlatMessageBuilder message(words);
  auto record = message.initRoot<schema::Record>();
  write_header(record, stream);
  if (type.columns.empty())
    capnp::DynamicStruct::Builder(record.getEvent()).set(type.field, capnp::VOID);
  else
    events::set_columns(type, record, group);
  CATLOG_CHECK(message.getSegmentsForOutput().size() == 1);
  drafts_.add(message.getSegmentsForOutput()[0].size());
  effect_.add(record.asReader());
  apply(state_, record.asReader(), digest);
  return {};
}

OrRefusal<void> Judge::look_at(size_t rows) {
  meta_.rows_seen += rows;
  if (meta_.rows_seen - meta_.first_row_seen <= max_rows_seen) return {};
  return refuse(RefusalCode::RESTRICTED, "",
                fmt::format("this would look at more than {} rows at once; do it in parts", max_rows_seen));
}

OrRefusal<void> Judge::audit(int64_t user_id, schema::AuditAction action, const std::string& resource) {
  auto by = actor_;
  auto fill = [&](schema::AuditFacts::Builder& facts) {
    facts.setUserId(user_id);
    facts.setAction(action);
    facts.setSeverity(schema::AuditSeverity::INFO);
    facts.setResource(resource);
    if (by.getUserId() != events::absent_int) facts.setMetadata(fmt::format("{{\"actorUserId\":{}}}", by.getUserId()));
    if (by.hasIpAddress()) facts.setIpAddress(by.getIpAddress());
    if (by.hasUserAgent()) facts.setUserAgent(by.getUserAgent());
  };
  CATLOG_PASS(emit<schema::AuditFacts>({Entity::AUDIT_LOG, next_id(Entity::AUDIT_LOG)}, Which::AUDIT_RECORDED, fill));
  return {};
}

}  // namespace catlog::commandhandler
