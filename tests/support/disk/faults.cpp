#include "tests/support/disk/faults.h"

#include <filesystem>

#include <fmt/format.h>

namespace catlog::tests::disk {
namespace {

constexpr uint64_t no_room_bytes = 400 * 1024;
constexpr off_t meta_pages_bytes = 2 * 4'096;

}  // namespace

std::string to_text(const Fault& fault) {
  return fmt::format("{}{}{}",
                     fault.how == How::short_write ? "short write"
                     : fault.code == ENOSPC        ? "ENOSPC"
                                                   : "EIO",
                     fault.extent == Extent::once ? " once" : " from then on",
                     fault.room == Room::none ? " without room" : "");
}

bool Faults::strikes(const Operation& operation) {
  const bool is_data = is_write(operation.call) || is_sync(operation.call) || operation.call == Call::ftruncate;
  if (is_mended_ || (fault_.reach == Reach::data && !is_data)) return false;
  if (fault_.how == How::short_write && !is_write(operation.call)) return false;
  // Removing needs no room, nor does opening what is there.
  if (fault_.code == ENOSPC &&
      (operation.call == Call::unlink || (operation.call == Call::create && std::filesystem::exists(operation.path))))
    return false;
  ++calls_;
  return n_ > 0 && (fault_.extent == Extent::once ? calls_ == n_ : calls_ >= n_);
}

Verdict Faults::before(const Operation& operation) {
  if (!failed_sync_.empty() && operation.path == failed_sync_ && is_write(operation.call) && written_after_.empty())
    written_after_ = fmt::format("{} of {}", name_of(operation.call), operation.path);
  if (!strikes(operation)) return {};
  if (struck_.empty()) {
    struck_ =
        fmt::format("{} of {}", name_of(operation.call), std::filesystem::path(operation.path).filename().string());
    has_struck_meta_page_ =
        is_write(operation.call) && operation.path.ends_with("data.mdb") && operation.offset < meta_pages_bytes;
  }
  if (fault_.how == How::short_write) return {.at_most = operation.length / 2};
  if (is_sync(operation.call) && fault_.code != ENOSPC && operation.path.ends_with("data.mdb"))
    failed_sync_ = operation.path;
  return {.error = fault_.code};
}

void Faults::after(const Operation&, ssize_t) {}

std::optional<uint64_t> Faults::free_bytes() {
  if (fault_.room == Room::none && !is_mended_) return no_room_bytes;
  return {};
}

}  // namespace catlog::tests::disk
