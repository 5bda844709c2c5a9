#include "bin/torrent/engine/films.h"

#include <libtorrent/file_storage.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <system_error>
#include <utility>

#include "bin/torrent/engine/session.h"
#include "events/descriptor.h"

namespace catlog::torrent {

namespace {

constexpr std::string_view video_endings[] = {".mkv", ".mp4", ".m4v", ".avi", ".mov",  ".webm", ".ts",
                                              ".wmv", ".mpg", ".m2ts", ".flv", ".mpeg", ".ogv"};
bool is_video(std::string_view path) {
  const auto dot = path.rfind('.');
  if (dot == path.npos) return false;
  std::string ending(path.substr(dot));
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(std::begin(video_endings), std::end(video_endings), ending) != std::end(video_endings);
}

// Each folder on the way is opened beneath the one before it: no link leads anywhere.
events::Descriptor open_beneath(const events::Descriptor& folder, std::string_view path) {
  const size_t slash = path.find('/');
  const bool is_last = slash == path.npos;
  const std::string name(path.substr(0, slash));
  const int flags = is_last ? O_NONBLOCK : O_DIRECTORY;
  events::Descriptor next(::openat(folder.get(), name.c_str(), O_RDONLY | flags | O_NOFOLLOW | O_CLOEXEC));
  return is_last || next.get() < 0 ? std::move(next) : open_beneath(next, path.substr(slash + 1));
}

// One that was hashed and is on the disk, where nobody is at work on it.
class WholeFilm : public Film {
 public:
  WholeFilm(const std::string& hash, const Home& home, const lt::torrent_info& torrent)
      : Film(hash, home.files(), files_of(torrent), static_cast<size_t>(static_cast<int>(main_file_of(torrent)))) {}
  void come(uint64_t, const File&, int64_t) override {}
  void leave(uint64_t) override {}

 private:
  std::optional<int64_t> readable(const File&, int64_t, int64_t most) const override { return most; }
};

}  // namespace

std::vector<Film::File> files_of(const lt::torrent_info& torrent) {
  std::vector<Film::File> files;
  for (const auto file : torrent.files().file_range())
    files.push_back({torrent.files().pad_file_at(file) ? "" : torrent.files().file_path(file), place_of(torrent, file)});
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

std::shared_ptr<Film> whole_film(const std::string& hash, const Home& home) {
  const auto saved = saved_params(home, hash);
  if (!saved || !saved->ti || !is_left_as_saved(home)) return nullptr;
  const bool has_all = saved->have_pieces.size() == saved->ti->num_pieces() && saved->have_pieces.all_set();
  std::error_code fault;
  if (!has_all && !std::filesystem::exists(home.whole(), fault)) return nullptr;
  return std::make_shared<WholeFilm>(hash, home, *saved->ti);
}

Film::Film(std::string hash, std::filesystem::path directory, std::vector<File> files, size_t main_file)
    : hash_(std::move(hash)), directory_(std::move(directory)), files_(std::move(files)), main_file_(main_file) {}

const Film::File* Film::file(std::string_view path) const {
  if (path.empty()) return &files_[main_file_];
  const auto at = std::find_if(files_.begin(), files_.end(), [&](const File& file) { return file.path == path; });
  return at == files_.end() ? nullptr : &*at;
}

std::optional<size_t> Film::read(const File& file, int64_t from, std::span<char> into) const {
  const auto most = std::min<int64_t>(static_cast<int64_t>(into.size()), file.place.size - from);
  const auto there = readable(file, from, most);
  if (!there || *there == 0) return there;
  const events::Descriptor top(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const auto opened = open_beneath(top, file.path);
  struct stat is {};
  if (opened.get() < 0 || ::fstat(opened.get(), &is) != 0 || !S_ISREG(is.st_mode)) return {};
  ssize_t count = -1;
  do count = ::pread(opened.get(), into.data(), static_cast<size_t>(*there), from);
  while (count < 0 && errno == EINTR);
  if (count <= 0) return {};  // somebody cut it off
  return static_cast<size_t>(count);
}

std::shared_ptr<Film> Films::find(const std::string& hash) const {
  {
    const std::lock_guard lock(mutex_);
    const auto at = at_work_.find(hash);
    if (at != at_work_.end()) return at->second;
  }
  return whole_film(hash, {transfers_ / hash});
}

void Films::set(std::map<std::string, std::shared_ptr<Film>> at_work) {
  const std::lock_guard lock(mutex_);
  at_work_.swap(at_work);
  for (const auto& [hash, film] : at_work)
    if (const auto now = at_work_.find(hash); now == at_work_.end() || now->second != film) film->end();
}

}  // namespace catlog::torrent
