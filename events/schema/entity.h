#pragma once
// The declaration's own words: which entities there are, and what is said of columns and events. Small, unlike the
// vocabulary that is annotated with them.
#include "declaration.capnp.h"

namespace catlog::events {

using schema::Entity;
using schema::Format;
using schema::Op;

}  // namespace catlog::events
