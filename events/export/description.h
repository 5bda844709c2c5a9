#pragma once
#include "events/export/described.h"

namespace catlog::events {

// The declaration as a description, made once. Threads: any. Lifetime: the process's.
const Description& description();

}  // namespace catlog::events
