#pragma once
#include "bin/service/metrics.h"

namespace catlog {

// Of the program and its process.
void show_process(Families& families);

}  // namespace catlog
