#pragma once
#include "commandhandler/rules/refusal.h"
#include "events/schema/model.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler {

// Why a command is refused whatever the catalogue holds, as far as its declaration tells: what is needed and left out,
// columns that break their limits, references that name nothing or two things, a version where none makes sense. What
// passes may still break a rule of its kind. Only an `addMovieSource` for a torrent that is there already is not looked
// at so far when it is judged: here it is taken for one that is new. The field is its own, as the rules name it. A
// batch has no content of its own here.
OrRefusal<void> check_declared(events::schema::Command::Reader command);

// The parts of it that judging asks for one by one. Which command it is; `malformed` when there is none in the message.
OrRefusal<const events::CommandType*> type_of(events::schema::Command::Reader command);

// About `expectedVersion`.
OrRefusal<void> check_expected_version(events::schema::Command::Reader command);

}  // namespace catlog::commandhandler
