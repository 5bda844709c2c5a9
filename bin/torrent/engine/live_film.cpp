// In which order the pieces of a transfer are asked for, and which of them are there.
#include "bin/torrent/engine/live_film.h"

#include <libtorrent/error_code.hpp>
#include <libtorrent/file_storage.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace catlog::torrent {

namespace {

constexpr std::string_view video_endings[] = {".mkv", ".mp4", ".m4v",  ".avi", ".mov",  ".webm", ".ts",
                                              ".wmv", ".mpg", ".m2ts", ".flv", ".mpeg", ".ogv"};
// Milliseconds from one piece to the next: only their order says something. Who reads comes before who may.
constexpr int deadline_step = 50, first_edge_deadline = 1'000;
// With less than this to come of a file, the others are wanted too, long before all that is wanted is there: those who
// have everything would leave. So much comes before it is looked at again, on a slow machine and a line that grew
// faster.
constexpr int64_t enough_seconds = 3, enough_bytes = 4 << 20, enough_pieces = 16;

bool is_video(std::string_view path) {
  const auto dot = path.rfind('.');
  if (dot == path.npos) return false;
  std::string ending(path.substr(dot));
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(std::begin(video_endings), std::end(video_endings), ending) != std::end(video_endings);
}

size_t index_of(const lt::torrent_info& torrent) {
  return static_cast<size_t>(static_cast<int>(main_file_of(torrent)));
}

}  // namespace

std::vector<Film::File> files_of(const lt::torrent_info& torrent) {
  std::vector<Film::File> files;
  for (const auto file : torrent.files().file_range())
    files.push_back(
        {torrent.files().pad_file_at(file) ? "" : torrent.files().file_path(file), place_of(torrent, file)});
  return files;
}

lt::file_index_t main_file_of(const lt::torrent_info& torrent) {
  const auto& files = torrent.files();
  auto main = lt::file_index_t(0);
  std::pair<bool, int64_t> best{};
  for (const auto file : files.file_range()) {
    if (files.pad_file_at(file)) continue;
    const std::pair<bool, int64_t> its{is_video(files.file_path(file)), files.file_size(file)};
    if (its > best) {
      best = its;
      main = file;
    }
  }
  return main;
}

Place place_of(const lt::torrent_info& torrent, lt::file_index_t file) {
  return {torrent.files().file_offset(file), torrent.files().file_size(file), torrent.piece_length()};
}

LiveFilm::LiveFilm(const std::string& hash, const std::filesystem::path& directory, lt::torrent_handle handle,
                   const lt::torrent_info& torrent)
    : Film(hash, directory, files_of(torrent), index_of(torrent)),
      handle_(std::move(handle)),
      num_pieces_(torrent.num_pieces()) {
  order_again();
}

void LiveFilm::come(uint64_t reader, const File& file, int64_t at) {
  const std::lock_guard lock(mutex_);
  const auto known = windows_.find(reader);
  const int piece = pieces_of(file.place, at, at + 1).first;
  if (known != windows_.end() && known->second.first == piece) return;
  asking([&] {
    const Pieces window = window_of(file.place, at, handle_.status({}).download_payload_rate);
    const bool goes_on = known != windows_.end() && known->second.first < piece && piece <= known->second.last + 1;
    const int begun = goes_on ? known->second.last + 1 : window.first;
    windows_[reader] = window;
    if (goes_on)
      want({std::max(begun, window.first), window.last}, piece);
    else
      order_again();
  });
}

void LiveFilm::leave(uint64_t reader) {
  const std::lock_guard lock(mutex_);
  if (windows_.erase(reader) > 0) order_again();
}

void LiveFilm::tend(const lt::torrent_status& now) {
  const std::lock_guard lock(mutex_);
  if (order_from_ > 0 && !is_much_left(now, order_from_)) order_again();
}

std::optional<int64_t> LiveFilm::readable(const File& file, int64_t from, int64_t most) const {
  int64_t there = 0;
  const bool is_answered = asking([&] {
    there =
        bytes_there(file.place, from, most, [&](int piece) { return handle_.have_piece(lt::piece_index_t(piece)); });
  });
  if (!is_answered) return {};
  return there;
}

// False: the transfer is gone.
template <class Ask>
bool LiveFilm::asking(const Ask& ask) const {
  if (is_over_) return false;
  try {
    ask();
    return true;
  } catch (const lt::system_error&) {
    return false;
  }
}

// Anew: the first deadline of all has libtorrent take back what it asked for without one.
void LiveFilm::order_again() {
  asking([&] {
    const int from = begin_of_order();
    const bool is_much = from > 0 && is_much_left(handle_.status(lt::torrent_handle::query_pieces), from);
    order_from_ = is_much ? from : 0;
    std::vector<lt::download_priority_t> priorities(static_cast<size_t>(num_pieces_), lt::default_priority);
    std::fill_n(priorities.begin(), order_from_, lt::dont_download);
    const bool is_main_first = pieces_of(files()[main_file()].place, 0, 1).first == 0;
    if (from > 0 && !is_much && !is_main_first)
      std::fill(priorities.begin() + from, priorities.begin() + end_of(from), lt::top_priority);
    const auto edges = edges_of(files()[main_file()].place);
    for (const int piece : edges) priorities[static_cast<size_t>(piece)] = lt::top_priority;
    handle_.clear_piece_deadlines();
    handle_.prioritize_pieces(priorities);
    for (const auto& [reader, window] : windows_) want(window, window.first);
    int deadline = first_edge_deadline;
    for (const int piece : edges) handle_.set_piece_deadline(lt::piece_index_t(piece), deadline += deadline_step);
  });
}

void LiveFilm::want(Pieces window, int now_at) {
  for (int piece = window.first; piece <= window.last; ++piece)
    handle_.set_piece_deadline(lt::piece_index_t(piece), (piece - now_at) * deadline_step);
}

// Where the first of the readers is; where there is none, the main file's beginning.
int LiveFilm::begin_of_order() const {
  int first = num_pieces_;
  for (const auto& [reader, window] : windows_) first = std::min(first, window.first);
  return windows_.empty() ? pieces_of(files()[main_file()].place, 0, 1).first : first;
}

// Behind the last piece of what begins with this one: of the main file, or of all.
int LiveFilm::end_of(int from) const {
  const auto& place = files()[main_file()].place;
  const int end = pieces_of(place, place.size - 1, place.size).last + 1;
  return from < end ? end : num_pieces_;
}

bool LiveFilm::is_much_left(const lt::torrent_status& now, int from) {
  highest_rate_ = std::max<int64_t>(highest_rate_, now.download_payload_rate);
  const int64_t piece_bytes = files()[main_file()].place.piece_bytes;
  const int64_t enough = std::max(enough_pieces, std::max(enough_bytes, highest_rate_ * enough_seconds) / piece_bytes);
  int64_t missing = 0;
  for (int piece = from; piece < end_of(from) && missing <= enough; ++piece)
    if (piece >= now.pieces.size() || !now.pieces.get_bit(lt::piece_index_t(piece))) ++missing;
  return missing > enough;
}

}  // namespace catlog::torrent
