#pragma once
#include <optional>

#include "commandhandler/rules/refusal.h"
#include "events/codec/message.h"
#include "events/codec/receipt.h"
#include "events/schema/vocabulary.h"
#include "events/text/uuid.h"

namespace catlog::commandhandler {

// What a message is refused for whatever the catalogue holds: by its id, the limits of what is said around a command,
// and what commands are declared to be (check_declared, which takes each torrent for a new one); of a batch, by the
// first of its commands that is. Looked at in the order in which deciding does. Nothing: what becomes of it depends on
// the catalogue, or on a rule of its kind.
std::optional<events::Refusal> refused_alone(const events::Message& message);

// The parts of it that deciding asks for one by one. Fields are JSON pointers into what was given.
OrRefusal<events::Uuid> id_of(events::schema::Command::Reader command);
OrRefusal<void> check_texts(events::schema::Command::Reader command);
OrRefusal<void> check_sizes(const events::Message& message, events::schema::Command::Reader command);
OrRefusal<void> check_batch(events::schema::Command::Reader batch);
// Whether a command may stand in a batch. The field is in the command.
OrRefusal<void> check_in_batch(events::schema::Command::Reader command);

// Of a command whose id another one of its batch has, or the batch.
Refusal twice_in_batch();

// A rule names a field of its command, or of what stands around every command; a receipt names it in the message.
Refusal in_message(Refusal refusal, events::schema::Command::Reader command);

}  // namespace catlog::commandhandler
