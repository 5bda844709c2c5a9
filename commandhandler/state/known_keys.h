#pragma once
#include "events/schema/natural_key.h"
#include "store/state_store.h"

namespace catlog::commandhandler {

// The natural keys that the stored decision state has, of removed rows too; of a row that cannot be read it knows none.
// What it returns may be called from any thread. Lifetime: the store's.
events::KnownKeys known_keys(const store::StateStore& states);

}  // namespace catlog::commandhandler
