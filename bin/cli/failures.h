#pragma once
#include <functional>

#include "events/error.h"

namespace catlog::cli {

// Runs `work`; what it throws is told on stderr, behind everything that was written to stdout, and becomes the exit
// code. The one place of this program that catches failures.
events::Exit exit_code_of(const std::function<events::Exit()>& work);

}  // namespace catlog::cli
