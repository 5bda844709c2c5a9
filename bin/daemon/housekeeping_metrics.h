#pragma once
#include <memory>
#include <vector>

#include "bin/housekeeping/counters.h"
#include "bin/service/metrics.h"

namespace catlog {

// What housekeeping has done and will do, by task.
void show(Families& families, const std::vector<std::unique_ptr<housekeeping::TaskCounters>>& tasks);

}  // namespace catlog
