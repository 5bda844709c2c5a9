// What libtorrent tells of transfers, and what is done about it.
#include <libtorrent/announce_entry.hpp>
#include <libtorrent/error_code.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/write_resume_data.hpp>

#include <boost/asio/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bin/torrent/engine/layout.h"
#include "bin/torrent/engine/session.h"
#include "events/error.h"

namespace catlog::torrent {

namespace {

constexpr std::chrono::seconds between_checks{60};
constexpr int most_checks = 3;  // one after the other, closer than that

bool is_no_room(const lt::error_code& fault) {
  return fault == boost::system::errc::no_space_on_device || fault.value() == EDQUOT;
}

// What stays as it is, however often it is looked through, somebody has to see to.
bool may_look_through(Live& live) {
  live.checks_again = Clock::now() - live.checked < between_checks ? live.checks_again + 1 : 0;
  return live.checks_again < most_checks;
}

// What was written of its files is on the disk.
void sync_files(const Home& home) {
  const int fd = ::open(home.files().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::syncfs(fd);
  ::close(fd);
}

}  // namespace

void Session::hear() {
  std::vector<lt::alert*> alerts;
  libtorrent->pop_alerts(&alerts);
  for (const lt::alert* alert : alerts) hear(*alert);
  // What failed on its way out is out, and what takes too long.
  for (auto at = all.begin(); at != all.end();) {
    const Live& live = at->second;
    const bool is_out = live.leaving != Leaving::no && (live.fault || Clock::now() > live.leaves_until);
    at = is_out ? put_out(at) : std::next(at);
  }
}

void Session::hear(const lt::alert& alert) {
  const auto* about = dynamic_cast<const lt::torrent_alert*>(&alert);
  if (!about) return;
  auto* found = find(about->handle);
  if (!found) return;
  auto& [hash, live] = *found;
  if (lt::alert_cast<lt::metadata_received_alert>(&alert)) {
    if (live.leaving == Leaving::no) take_metadata(live);
  } else if (lt::alert_cast<lt::torrent_checked_alert>(&alert)) {
    live.is_checked = true;
  } else if (const auto* broken = lt::alert_cast<lt::file_error_alert>(&alert)) {
    take_file_error(live, *broken);
  } else if (lt::alert_cast<lt::torrent_conflict_alert>(&alert)) {
    fail(live, FaultKind::conflict, "another download is of the same torrent, by its other hash; remove one of both");
  } else if (const auto* failed = lt::alert_cast<lt::torrent_error_alert>(&alert)) {
    // After a file's error comes the torrent's; by then its files may be looked through, and it has none any more.
    if (failed->error && live.handle.status({}).errc) fail(live, FaultKind::disk, failed->error.message());
  } else if (const auto* saved = lt::alert_cast<lt::save_resume_data_alert>(&alert)) {
    take_saved(hash, live, saved);
  } else if (lt::alert_cast<lt::save_resume_data_failed_alert>(&alert)) {
    take_saved(hash, live, nullptr);
  } else if (lt::alert_cast<lt::cache_flushed_alert>(&alert)) {
    if (live.leaving == Leaving::removed)
      put_out(all.find(hash));
    else
      take_flushed(live);
  }
}

void Session::take_metadata(Live& live) {
  const auto metadata = live.handle.torrent_file();
  if (!metadata) return;
  if (auto fault = layout_fault(*metadata, options)) return fail(live, FaultKind::layout, *fault);
  // With its metadata it begins anew: who wants nothing, as until now, is left alone by those who have all of it.
  lt::add_torrent_params params;
  params.ti = std::make_shared<lt::torrent_info>(*metadata);
  for (const auto& tracker : live.handle.trackers()) {
    params.trackers.push_back(tracker.url);
    params.tracker_tiers.push_back(tracker.tier);
  }
  std::vector<lt::peer_info> peers;
  live.handle.get_peer_info(peers);
  for (const auto& peer : peers)
    if (peer.flags & lt::peer_info::local_connection) params.peers.push_back(peer.ip);
  set_rules(params, live.home);
  libtorrent->remove_torrent(live.handle);
  lt::error_code fault;
  live.handle = libtorrent->add_torrent(std::move(params), fault);
  if (fault) return fail(live, FaultKind::conflict, fault.message());
  live.is_laid_out = true;
  live.saves_open = 0;
  save(live, {});
}

// Where a file cannot be read all are looked through, and what is not as it should be is loaded again; a disk that has
// no room, or breaks, ends the transfer.
void Session::take_file_error(Live& live, const lt::file_error_alert& alert) {
  const auto& fault = alert.error;
  const std::string file = std::filesystem::path(alert.filename()).filename().string();
  if (is_no_room(fault)) return fail(live, FaultKind::no_room, fmt::format("the disk is full: no room for {}", file));
  const bool is_of_reading = alert.op == lt::operation_t::file_read || alert.op == lt::operation_t::file_open ||
                             alert.op == lt::operation_t::file_stat || fault == boost::asio::error::eof;
  if (is_of_reading && may_look_through(live)) return look_through(live);
  fail(live, FaultKind::disk,
       fmt::format("{} cannot be {}: {}", file, is_of_reading ? "read" : "written", fault.message()));
}

// Somebody may have removed a file, or cut it off, while it was written to. One that stays so is nobody's to mend;
// holes a file system may make of nothing but zeros.
void Session::take_flushed(Live& live) {
  if (!std::exchange(live.flushed, std::nullopt)) return;
  const auto torrent = live.handle.torrent_file();
  if (!torrent || live.leaving != Leaving::no || !live.is_checked) return;
  std::vector<TreeFile> files;
  for (const auto file : torrent->files().file_range())
    if (!torrent->files().pad_file_at(file))
      files.push_back({torrent->files().file_path(file), static_cast<uint64_t>(torrent->files().file_size(file))});
  const auto [missing, holed] = lacking_in(live.home, files);
  if (!missing.empty() && !may_look_through(live))
    return fail(live, FaultKind::disk, missing + " is not there any more, or is too short");
  if (missing.empty() && (holed.empty() || std::exchange(live.had_holes, true))) {
    live.is_there = true;
    return;
  }
  complaints.push_back(fmt::format("{} was removed or cut off while it was loaded; its download is looked through",
                                   missing.empty() ? holed : missing));
  look_through(live);
}

void Session::take_saved(const std::string& hash, Live& live, const lt::save_resume_data_alert* saved) {
  --live.saves_open;
  live.saved = Clock::now();
  bool is_kept = true;
  try {
    if (saved) {
      const auto bytes = lt::write_resume_data_buf(saved->params);
      write_whole(live.home.resume(), {bytes.data(), bytes.size()});
    }
    if (live.leaving != Leaving::removed && live.is_there && !live.is_whole_kept) {
      sync_files(live.home);
      write_whole(live.home.whole(), look_of(live.home));
      live.is_whole_kept = true;
    }
  } catch (const events::StorageFull&) {
    is_kept = false;  // then its files are looked through at the next start
  } catch (const events::Failure& failure) {
    is_kept = false;
  }
  if (live.leaving != Leaving::kept || live.saves_open > 0) return;
  sync_files(live.home);
  std::error_code ignored;
  if (is_kept) std::filesystem::remove(live.home.open(), ignored);
  libtorrent->remove_torrent(live.handle);
  all.erase(std::string(hash));
}

}  // namespace catlog::torrent
