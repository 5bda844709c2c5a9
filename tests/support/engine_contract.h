#pragma once
#include <functional>

#include "store/engine/engine.h"

namespace catlog::tests {

// What every engine must do, asked of an empty one. `other`: the same engine as another node sees it, or the same
// object. depose: the lease of whoever leads ends, and returns when another may lead.
void check_engine(store::engine::Engine& engine, store::engine::Engine& other, const std::function<void()>& depose);

}  // namespace catlog::tests
