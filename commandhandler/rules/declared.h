#pragma once
#include "commandhandler/rules/refusal.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler {

// Why a command is refused whatever the catalogue holds, as far as its declaration tells: what is needed and left out,
// columns that break their limits, references that name nothing or two things, a version where none makes sense. What
// passes may still break a rule of its kind. The field is its own, as the rules name it. A batch has no content of its
// own here.
OrRefusal<void> check_declared(events::schema::Command::Reader command);

// The part of it that is about `expectedVersion`.
OrRefusal<void> check_expected_version(events::schema::Command::Reader command);

}  // namespace catlog::commandhandler
