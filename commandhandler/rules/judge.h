#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <capnp/any.h>
#include <capnp/schema.h>

#include "commandhandler/rules/drafts.h"
#include "commandhandler/rules/moment.h"
#include "commandhandler/rules/refusal.h"
#include "commandhandler/rules/sealing.h"
#include "commandhandler/state/apply.h"
#include "commandhandler/state/event_values.h"
#include "commandhandler/state/unchanged.h"
#include "events/codec/message.h"
#include "events/codec/receipt.h"
#include "events/schema/reference_form.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler {

namespace schema = events::schema;
using Which = schema::Record::Event::Which;

// What is known of a command beside its content.
struct CommandMeta {
  events::Uuid id;
  events::Digest digest{};
  std::optional<std::pair<events::Uuid, events::Digest>> batch;
  Moment moment;
  size_t first_draft = 0;  // number of the draft that is the message's first event
  // What a command says about its sender; in a batch the batch's own stands in where its command says nothing.
  schema::Command::Reader envelope;
  const UnchangedCommands& unchanged;
  size_t& rows_seen;                // by look_at, of all that is decided together
  size_t first_row_seen = 0;        // how many there were before the message
  capnp::Text::Reader sender = "";  // as the bus knows them; empty: not at all
};

// A stream: its entity and the id of its row.
struct Stream {
  Entity kind = Entity::UNSET;
  int64_t id = events::absent_int;
};

// if_changed: only when the state does not hold the same column group.
enum class Emit { always, if_changed };
// Whether the row that a command is about is there.
enum class Exists { no, yes };

// What one command is judged with: the rules read the state through it, and what they emit is recorded as drafts and
// applied to the state at once, so that later events of the command see it. The caller drops both when the command is
// refused.
//
// Lifetime: for one command; refers to all it is given. Threads: one at a time.
class Judge {
 public:
  Judge(State& state, Drafts& drafts, Sealing& sealing, const CommandMeta& meta, schema::Command::Reader command);
  // To be called before anything else: whether the acting user may send this command at all; refuses with `forbidden`
  // otherwise.
  OrRefusal<void> authorise(const events::CommandType& type);
  schema::Command::Reader command() const { return command_; }

  State& state() { return state_; }
  // The time by which it is judged what has expired, and at which a source counts as seen.
  int64_t now_us() const { return meta_.moment.now_us; }
  // recordedAt of what is emitted.
  int64_t recorded_us() const { return meta_.moment.recorded_us; }
  Sealing& sealing() { return sealing_; }
  // What was emitted; the subject is in it even when nothing was emitted.
  const Effect& effect() const { return effect_; }
  Entity subject() const { return subject_; }
  // What the command asked for, to be told in its receipt.
  void tell(events::Found found) { found_ = std::move(found); }
  const std::optional<events::Found>& found() const { return found_; }

  // For commands that some may send for themselves only: whether this user's things may be touched; refuses with
  // `forbidden` otherwise.
  OrRefusal<void> touch_user(int64_t user_id) const;

  // Says what the command is about, and checks expectedVersion: against the stream's version, or, when it is 0, that
  // the row does not exist. Before the first emit.
  OrRefusal<void> about(Stream stream, Entity entity, int64_t id, Exists exists);
  OrRefusal<void> about(Stream stream, Exists exists) { return about(stream, stream.kind, stream.id, exists); }

  // The row that a reference (a struct that $D.names an entity) names. `invalid` when it names by nothing or by two
  // things, `notFound` when there is none. `field`: the command's field that holds the reference; empty: it has the
  // entity's name.
  template <class Ref>
  OrRefusal<int64_t> find(Ref ref, std::string_view field = {}) const {
    static const auto& form = events::reference_form(capnp::Schema::from<typename Ref::Reads>());
    return find_row(form, ref, field);
  }
  // The row with this key in the unique index of this number; index 0 is the natural key. nullopt: there is none.
  std::optional<int64_t> by_key(Entity entity, const std::vector<Value>& key, size_t number = 0) const {
    return state_.id_by_key(entity, number, key);
  }
  // Nothing when the row is not there, or not any more. As it is now: what is emitted does not change it.
  std::optional<EncodedRow> row(Entity entity, int64_t id) const;
  // The next free row id.
  int64_t next_id(Entity entity) const;

  // Emits an event with the column group `from`, changed by `fill`, after checking its columns and unique keys.
  // False when nothing was emitted, because the state holds this group already.
  template <class Group, class Fill>
  OrRefusal<bool> emit(Emit mode, Stream stream, Which which, typename Group::Reader from, Fill&& fill) {
    capnp::word scratch[128] = {};  // enough for most; without it each message is a page from the heap
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 128));
    message.setRoot(from);
    auto group = message.getRoot<Group>();
    fill(group);
    return emit_group(mode, stream, which, group);
  }
  template <class Group, class Fill>
  OrRefusal<bool> emit(Stream stream, Which which, Fill&& fill) {
    return emit<Group>(Emit::always, stream, which, typename Group::Reader(), std::forward<Fill>(fill));
  }
  OrRefusal<void> emit(Stream stream, Which which);                      // without columns
  OrRefusal<void> emit_row(Stream stream, Which which, int64_t row_id);  // with a row's id and nothing else

  // Lifts the limit of events from here on: for a command that takes away whatever other commands added one by one.
  void lift_limit() { max_events_ = SIZE_MAX; }

  // For commands that look at many rows and may change none: counts them, and refuses with `restricted` beyond what one
  // message may look at.
  OrRefusal<void> look_at(size_t rows);

  // Emits an AuditRecorded event about a user (absent_int: about none that is still there).
  OrRefusal<void> audit(int64_t user_id, schema::AuditAction action, const std::string& resource);

 private:
  OrRefusal<int64_t> find_row(const events::ReferenceForm& form, capnp::AnyStruct::Reader ref,
                              std::string_view field) const;
  OrRefusal<std::vector<Value>> key_in(const events::NamingKey& key, const events::Sections& ref,
                                       std::string_view field) const;
  OrRefusal<std::optional<int64_t>> by_names(const events::ReferenceForm& form, const events::NamingKey& key,
                                             std::vector<Value> values, const std::string& field) const;
  void keep_absent(const events::EventType& type, Stream stream, capnp::DynamicStruct::Builder group) const;
  OrRefusal<bool> emit_group(Emit mode, Stream stream, Which which, capnp::DynamicStruct::Builder group);
  OrRefusal<void> record(Stream stream, const events::EventType& type, capnp::DynamicStruct::Reader group,
                         const std::optional<GroupDigest>& digest);
  void write_header(schema::Record::Builder record, Stream stream) const;

  State& state_;
  Drafts& drafts_;
  Sealing& sealing_;
  const CommandMeta& meta_;
  schema::Command::Reader command_;
  // What each of its events says of who sent it; the words that this takes.
  bool has_actor_;
  schema::Actor::Reader actor_;
  capnp::Text::Reader correlation_id_, causation_id_;
  size_t envelope_words_;
  std::optional<int64_t> own_only_;  // the acting user, when only its own things may be touched
  Entity subject_ = Entity::UNSET;
  size_t max_events_;
  Effect effect_;
  std::optional<events::Found> found_;
};

}  // namespace catlog::commandhandler
