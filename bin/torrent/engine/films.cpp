#include "bin/torrent/engine/films.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "events/descriptor.h"

namespace catlog::torrent {

namespace {

// Each folder on the way is opened beneath the one before it: no link leads anywhere.
events::Descriptor open_beneath(const events::Descriptor& folder, std::string_view path) {
  const size_t slash = path.find('/');
  const bool is_last = slash == path.npos;
  const std::string name(path.substr(0, slash));
  const int flags = is_last ? O_NONBLOCK : O_DIRECTORY;
  events::Descriptor next(::openat(folder.get(), name.c_str(), O_RDONLY | flags | O_NOFOLLOW | O_CLOEXEC));
  return is_last || next.get() < 0 ? std::move(next) : open_beneath(next, path.substr(slash + 1));
}

}  // namespace

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
  return on_disk_(hash);
}

void Films::set(std::map<std::string, std::shared_ptr<Film>> at_work) {
  const std::lock_guard lock(mutex_);
  at_work_.swap(at_work);
  for (const auto& [hash, film] : at_work)
    if (const auto now = at_work_.find(hash); now == at_work_.end() || now->second != film) film->end();
}

}  // namespace catlog::torrent
