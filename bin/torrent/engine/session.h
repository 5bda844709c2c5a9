#pragma once
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bin/torrent/engine/films.h"
#include "bin/torrent/engine/live_film.h"
#include "bin/torrent/engine/seen.h"
#include "bin/torrent/engine/tree.h"

// What the sources of the engine share, which no other folder sees.
namespace catlog::torrent {

using Clock = std::chrono::steady_clock;

enum class Leaving { no, kept, removed };

// A transfer in the session, or one that failed and is not there any more.
struct Live {
  Home home;
  lt::torrent_handle handle = {};
  std::shared_ptr<LiveFilm> film = nullptr;
  std::optional<Fault> fault = {};
  Leaving leaving = Leaving::no;
  Clock::time_point leaves_until = {};  // then it is put out, whatever libtorrent has still to say
  bool is_laid_out = false;             // its metadata is known, and its files may be written
  bool is_checked = false;              // libtorrent has looked at the files; before that it says nothing true of them
  std::optional<Clock::time_point> flushed = {};  // asked for then, and not told of yet
  bool is_there = false;                          // all of it was had, and its files were looked at then
  bool had_holes = false;                         // and looked through for that
  bool is_whole_kept = false;
  int saves_open = 0;  // asked for, and not told of yet
  Clock::time_point saved = {}, checked = {};
  int checks_again = 0;  // soon after another
  Traffic counted = {};  // of the handle that it has now
};

struct Begun {
  lt::add_torrent_params params;
  bool is_whole_kept = false;
};
// How libtorrent is to begin with a transfer whose directory is there: by what was saved of it, if that can be
// believed, else by the link, looking through the files.
std::expected<Begun, Fault> begin_transfer(const Home& home, const std::string& hash, const std::string& magnet,
                                           Trust trust, const EngineOptions& options);

// What holds for each transfer, however it begins.
void set_rules(lt::add_torrent_params& params, const Home& home);
// What was saved of it, of the torrent that the hash names.
std::optional<lt::add_torrent_params> saved_params(const Home& home, const std::string& hash);
// What is on the disk is what was saved: it was left cleanly, or all of it was there and is untouched.
bool is_left_as_saved(const Home& home);

// A film that is not in the session; null, unless all of it was there when it was left.
std::shared_ptr<Film> whole_film(const std::string& hash, const Home& home);

struct Session {
  Session(EngineOptions given, std::function<void()> on_news);

  // What libtorrent tells.
  void hear();
  void hear(const lt::alert& alert);
  void take_metadata(Live& live);
  void take_file_error(Live& live, const lt::file_error_alert& alert);
  void take_saved(const std::string& hash, Live& live, const lt::save_resume_data_alert* saved);
  void take_flushed(Live& live);

  void fail(Live& live, FaultKind kind, std::string words);
  // With its files, if it leaves so; erases `at`.
  std::map<std::string, Live>::iterator put_out(std::map<std::string, Live>::iterator at);
  void remove_files(const std::string& hash);
  void look_through(Live& live);
  void save(Live& live, lt::resume_data_flags_t flags);
  // All pieces are had: that the files are there is looked at, then it is written down.
  void settle(Live& live);
  Seen seen(const std::string& hash, Live& live, const lt::torrent_status* status);
  std::pair<const std::string, Live>* find(const lt::torrent_handle& handle);
  void count(Live& live, const lt::torrent_status& now);
  // Which can be read now.
  void show_films();
  Home home_of(const std::string& hash) const { return {options.transfers / hash}; }

  EngineOptions options;
  Films films{[this](const std::string& hash) { return whole_film(hash, home_of(hash)); }};
  std::map<std::string, Live> all;
  // A removal that failed, by its hash.
  struct Stuck {
    Clock::time_point again = {};
    int failures = 0;
  };
  std::map<std::string, Stuck> stuck;
  std::vector<std::string> complaints;
  Traffic traffic;
  std::unique_ptr<lt::session> libtorrent;
};

}  // namespace catlog::torrent
