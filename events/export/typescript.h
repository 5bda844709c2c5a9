#pragma once
#include <string>

namespace catlog::events {

// All that is said on the bus as types of TypeScript, commands, events and receipts as discriminated unions; limits,
// refusals and the names of commands and events as values beside them.
std::string typescript();

}  // namespace catlog::events
