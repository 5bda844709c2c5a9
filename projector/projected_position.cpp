#include "projector/projected_position.h"

#include <filesystem>

#include "events/error.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

events::Position projected_position(const events::DataDirectory& data) {
  try {
    const auto file = data.current_read_model();
    return std::filesystem::exists(file) ? read_checkpoint(Database(file, Open::read)).position : 0;
  } catch (const events::Failure&) {
    return 0;  // another generation takes its place just now, say
  }
}

}  // namespace catlog::projector
