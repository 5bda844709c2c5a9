#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "bin/torrent/engine/session.h"

namespace catlog::torrent {

namespace {

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

std::shared_ptr<Film> whole_film(const std::string& hash, const Home& home) {
  const auto saved = saved_params(home, hash);
  if (!saved || !saved->ti || !is_left_as_saved(home)) return nullptr;
  const bool has_all = saved->have_pieces.size() == saved->ti->num_pieces() && saved->have_pieces.all_set();
  std::error_code fault;
  if (!has_all && !std::filesystem::exists(home.whole(), fault)) return nullptr;
  return std::make_shared<WholeFilm>(hash, home, *saved->ti);
}

}  // namespace catlog::torrent
