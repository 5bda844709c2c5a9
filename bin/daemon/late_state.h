#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "events/schema/natural_key.h"

namespace catlog {

// What a decision state knows that cannot be used yet and that another process builds again: it is looked for every few
// seconds, and told from then on; likewise when it was made anew since. Until then no key is known. `directory`, and
// the id of the log that it is of. What it returns may be called from any thread.
events::KnownKeys late_keys(const std::filesystem::path& directory, const std::string& log_id);

}  // namespace catlog
