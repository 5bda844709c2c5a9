#pragma once
#include <string>

#include "commandhandler/rules/refusal.h"
#include "events/schema/reference_form.h"
#include "events/schema/sections.h"

namespace catlog::commandhandler {

// By which key a reference names its row; null: by the row's id, or by the command that created it. `invalid` when it
// names by nothing, by two things, by a part of a key, or when createdBy is no UUID; the row may not be there. `name`:
// the command's field that it is.
OrRefusal<const events::NamingKey*> way_of(const events::ReferenceForm& form, const events::Sections& ref,
                                           const std::string& name);

}  // namespace catlog::commandhandler
