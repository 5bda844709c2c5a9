#pragma once
#include "events/data_directory.h"
#include "events/position.h"

namespace catlog::projector {

// Up to which position the live read model has the log, as its file says: for processes other than the projector's. 0
// where there is none that can be read now.
events::Position projected_position(const events::DataDirectory& data);

}  // namespace catlog::projector
