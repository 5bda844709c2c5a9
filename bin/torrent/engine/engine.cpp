#include "bin/torrent/engine/engine.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "bin/torrent/engine/session.h"
#include "bin/torrent/engine/settings.h"
#include "events/error.h"

namespace catlog::torrent {

namespace {

constexpr std::pair<FaultKind, std::string_view> fault_words[] = {
    {FaultKind::no_room, "diskFull"},  {FaultKind::disk, "diskError"}, {FaultKind::layout, "badTorrent"},
    {FaultKind::conflict, "conflict"}, {FaultKind::link, "badLink"},   {FaultKind::unsafe, "unsafeDirectory"},
    {FaultKind::quota, "overQuota"}};
constexpr std::chrono::milliseconds close_step{50};
constexpr std::chrono::seconds longest_leave{15};
constexpr std::chrono::seconds flush_again{60};  // where nothing was told of the last one
constexpr std::chrono::seconds first_removal_again{5};
constexpr int most_doubled = 7;  // its time, to ten minutes

lt::session_params session_params(const EngineOptions& options) {
  lt::session_params params;
  set_up(params.settings, options);
  return params;
}

// Bytes of the pieces that are there; the last one may be shorter.
int64_t bytes_of(const lt::torrent_info& torrent, const lt::torrent_status& status) {
  int64_t bytes = int64_t{status.num_pieces} * torrent.piece_length();
  const auto last = torrent.last_piece();
  if (status.pieces.size() > static_cast<int>(last) && status.pieces.get_bit(last))
    bytes -= torrent.piece_length() - torrent.piece_size(last);
  return bytes;
}

// Padding between files is on no disk.
void measure(Seen& seen, const lt::torrent_info& torrent, const lt::torrent_status& status) {
  const auto& files = torrent.files();
  for (const auto file : files.file_range())
    if (!files.pad_file_at(file)) seen.size += files.file_size(file);
  const auto main = main_file_of(torrent);
  seen.main_size = files.file_size(main);
  seen.main_file = files.file_path(main);
  seen.done = seen.phase == Phase::whole ? seen.size : std::clamp<int64_t>(bytes_of(torrent, status), 0, seen.size);
  seen.readable = bytes_there(place_of(torrent, main), 0, seen.main_size, [&](int piece) {
    return piece < status.pieces.size() && status.pieces.get_bit(lt::piece_index_t(piece));
  });
}

}  // namespace

std::string_view word_of(FaultKind kind) {
  return std::find_if(std::begin(fault_words), std::end(fault_words),
                      [&](const auto& one) { return one.first == kind; })
      ->second;
}

std::optional<FaultKind> fault_kind(std::string_view word) {
  for (const auto& [kind, its_word] : fault_words)
    if (its_word == word) return kind;
  return {};
}

Session::Session(EngineOptions given, std::function<void()> on_news) : options(std::move(given)) {
  libtorrent = std::make_unique<lt::session>(session_params(options));
  hold_all_to_limits(*libtorrent);
  libtorrent->set_alert_notify(std::move(on_news));
}

std::pair<const std::string, Live>* Session::find(const lt::torrent_handle& handle) {
  for (auto& one : all)
    if (one.second.handle.is_valid() && one.second.handle == handle) return &one;
  return nullptr;
}

void Session::fail(Live& live, FaultKind kind, std::string words) {
  if (!live.fault) live.fault = Fault{kind, std::move(words)};
  if (live.handle.is_valid()) libtorrent->remove_torrent(live.handle);
  live.handle = {};
}

std::map<std::string, Live>::iterator Session::put_out(std::map<std::string, Live>::iterator at) {
  if (at->second.handle.is_valid()) libtorrent->remove_torrent(at->second.handle);
  if (at->second.leaving == Leaving::removed) remove_files(at->first);
  return all.erase(at);
}

// Said once; then it is tried less and less often.
void Session::remove_files(const std::string& hash) {
  auto& one = stuck[hash];
  if (Clock::now() < one.again) return;
  const auto fault = remove_home(home_of(hash));
  if (!fault) {
    stuck.erase(hash);
    return;
  }
  if (one.failures == 0) complaints.push_back(*fault + "; it is tried again");
  one.again = Clock::now() + first_removal_again * (1 << std::min(one.failures++, most_doubled));
}

void Session::look_through(Live& live) {
  std::error_code ignored;
  std::filesystem::remove(live.home.whole(), ignored);
  live.is_whole_kept = live.is_there = live.is_checked = false;
  live.checked = Clock::now();
  live.handle.clear_error();
  live.handle.force_recheck();
  live.handle.resume();
}

void Session::save(Live& live, lt::resume_data_flags_t flags) {
  ++live.saves_open;
  live.handle.save_resume_data(flags | lt::torrent_handle::save_info_dict);
}

void Session::settle(Live& live) {
  const bool is_flushing = live.flushed && Clock::now() - *live.flushed < flush_again;
  if (!live.is_there && !is_flushing) {
    live.flushed = Clock::now();
    live.handle.flush_cache();
  } else if (live.is_there && !live.is_whole_kept && live.saves_open == 0) {
    save(live, lt::torrent_handle::flush_disk_cache);
  }
}

// Who has all pieces is whole once its files were looked at; until then nothing is known of it.
Seen Session::seen(const std::string& hash, Live& live, const lt::torrent_status* status) {
  Seen seen;
  seen.hash = hash;
  seen.fault = live.fault;
  if (live.fault) {
    seen.phase = Phase::failed;
    return seen;
  }
  const auto torrent = live.is_laid_out ? live.handle.torrent_file() : nullptr;
  if (!torrent) return seen;
  const lt::torrent_status now = status ? *status : live.handle.status(lt::torrent_handle::query_pieces);
  const bool has_all = now.num_pieces == torrent->num_pieces();
  if (live.is_checked && has_all && live.leaving == Leaving::no) settle(live);
  seen.phase = !live.is_checked || (has_all && !live.is_there) ? Phase::checking
               : has_all                                       ? Phase::whole
                                                               : Phase::loading;
  measure(seen, *torrent, now);
  seen.directory = live.home.files().string();
  seen.uploaded = now.all_time_upload;
  seen.peers = now.num_peers;
  return seen;
}

// What it says falls when the transfer was added anew.
void Session::count(Live& live, const lt::torrent_status& now) {
  const Traffic is{static_cast<uint64_t>(now.total_payload_download), static_cast<uint64_t>(now.total_payload_upload)};
  traffic.received += is.received - std::min(is.received, live.counted.received);
  traffic.sent += is.sent - std::min(is.sent, live.counted.sent);
  live.counted = is;
}

void Session::show_films() {
  std::map<std::string, std::shared_ptr<Film>> at_work;
  for (auto& [hash, live] : all) {
    const bool is_there = live.is_laid_out && live.handle.is_valid() && live.leaving != Leaving::removed && !live.fault;
    if (!is_there) live.film.reset();
    const auto torrent = is_there && !live.film ? live.handle.torrent_file() : nullptr;
    if (torrent) live.film = std::make_shared<LiveFilm>(hash, live.home.files(), live.handle, *torrent);
    if (live.film) at_work.emplace(hash, live.film);
  }
  films.set(std::move(at_work));
}

Engine::Engine(EngineOptions options, std::function<void()> on_news)
    : session_(std::make_unique<Session>(std::move(options), std::move(on_news))) {}

Engine::~Engine() = default;

const Films& Engine::films() const { return session_->films; }

uint16_t Engine::port() const { return session_->libtorrent->listen_port(); }

void Engine::add(const std::string& hash, const std::string& magnet, Trust trust) {
  auto& [options, films, all, stuck, complaints, traffic, libtorrent] = *session_;
  const auto [at, is_new] = all.try_emplace(hash, Live{session_->home_of(hash)});
  if (!is_new) return;  // it is on its way out, or there
  stuck.erase(hash);
  Live& live = at->second;
  std::expected<Begun, Fault> begun;
  try {
    begun = begin_transfer(live.home, hash, magnet, trust, options);
  } catch (const events::StorageFull& full) {
    begun = std::unexpected(Fault{FaultKind::no_room, full.what()});
  } catch (const events::Failure& failure) {
    begun = std::unexpected(Fault{FaultKind::disk, failure.what()});
  }
  if (!begun) return session_->fail(live, begun.error().kind, begun.error().words);
  live.is_laid_out = begun->params.ti != nullptr;
  live.is_whole_kept = live.is_there = begun->is_whole_kept;
  live.checked = trust == Trust::nothing ? Clock::now() : Clock::time_point();
  lt::error_code fault;
  live.handle = libtorrent->add_torrent(std::move(begun->params), fault);
  if (fault == lt::errors::duplicate_torrent)
    return session_->fail(live, FaultKind::conflict, "another download is of the same torrent; remove one of both");
  if (fault) session_->fail(live, FaultKind::link, fault.message());
}

bool Engine::is_there(const std::string& hash) const { return session_->all.contains(hash); }

void Engine::check(const std::string& hash) {
  const auto at = session_->all.find(hash);
  if (at != session_->all.end() && at->second.handle.is_valid()) session_->look_through(at->second);
}

void Engine::drop(const std::string& hash, Files files) {
  auto& all = session_->all;
  const auto at = all.find(hash);
  if (at == all.end() || !at->second.handle.is_valid()) {
    if (at != all.end()) all.erase(at);
    if (files == Files::remove) session_->remove_files(hash);
    return;
  }
  Live& live = at->second;
  if (live.leaving == Leaving::removed || (live.leaving == Leaving::kept && files == Files::keep)) return;
  live.handle.pause();
  live.leaves_until = Clock::now() + longest_leave;
  if (files == Files::remove) {
    live.leaving = Leaving::removed;
    // Without metadata there is nothing to be flushed, and libtorrent says nothing of it.
    if (live.handle.torrent_file())
      live.handle.flush_cache();
    else
      session_->put_out(at);
  } else {
    live.leaving = Leaving::kept;
    session_->save(live, lt::torrent_handle::flush_disk_cache);
  }
}

std::vector<std::string> Engine::complaints() { return std::exchange(session_->complaints, {}); }

std::vector<Seen> Engine::look() {
  session_->hear();
  session_->show_films();
  const auto statuses =
      session_->libtorrent->get_torrent_status([](const auto&) { return true; }, lt::torrent_handle::query_pieces);
  std::vector<Seen> all;
  for (auto& [hash, live] : session_->all) {
    if (live.leaving != Leaving::no) continue;
    const auto at = std::find_if(statuses.begin(), statuses.end(),
                                 [&handle = live.handle](const auto& status) { return status.handle == handle; });
    if (at != statuses.end()) session_->count(live, *at);
    if (live.film && at != statuses.end()) live.film->tend(*at);
    if (live.fault || at != statuses.end())
      all.push_back(session_->seen(hash, live, at == statuses.end() ? nullptr : &*at));
  }
  return all;
}

Traffic Engine::traffic() const { return session_->traffic; }

bool Engine::is_touched(const std::string& hash) const {
  const Home home = session_->home_of(hash);
  const auto whole = read_whole(home.whole(), max_look_bytes);
  return whole && *whole != look_of(home);
}

void Engine::save_some() {
  const auto now = Clock::now();
  for (auto& [hash, live] : session_->all) {
    if (!live.handle.is_valid() || live.saves_open > 0 || live.leaving != Leaving::no) continue;
    if (now - live.saved < session_->options.save_every || !live.handle.need_save_resume_data()) continue;
    session_->save(live, {});
  }
}

void Engine::close(std::chrono::milliseconds longest) {
  const auto deadline = Clock::now() + longest;
  std::vector<std::string> hashes;
  for (const auto& [hash, live] : session_->all) hashes.push_back(hash);
  for (const auto& hash : hashes) drop(hash, Files::keep);
  while (!session_->all.empty() && Clock::now() < deadline) {
    session_->libtorrent->wait_for_alert(close_step);
    session_->hear();
  }
}

}  // namespace catlog::torrent
