#include "projector/quarantine/quarantine_watch.h"

namespace catlog::projector {

std::optional<std::expected<Quarantine, std::string>> QuarantineWatch::changed() {
  Stamp now;
  if (struct stat found{}; ::stat(file_.c_str(), &found) == 0)
    now = {found.st_dev, found.st_ino, found.st_ctim.tv_sec, found.st_ctim.tv_nsec, found.st_size};
  if (seen_ == now) return {};
  seen_ = now;  // before it is read: a change meanwhile is seen the next time
  return Quarantine::read(file_, log_id_);
}

}  // namespace catlog::projector
