#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "bin/torrent/engine/session.h"

namespace catlog::torrent {

namespace {

// What says that all of a transfer is on the disk, until it is begun anew or found damaged.
enum class Marker { whole, left_cleanly };

// One that was hashed and is on the disk, as long as what it was found by holds: who reads on then reads what is
// loaded.
class WholeFilm : public Film {
 public:
  WholeFilm(const std::string& hash, const Home& home, const lt::torrent_info& torrent, Marker marker)
      : Film(hash, home.files(), files_of(torrent), static_cast<size_t>(static_cast<int>(main_file_of(torrent)))),
        home_(home),
        marker_(marker) {}
  void come(uint64_t, const File&, int64_t) override {}
  void leave(uint64_t) override {}

 private:
  std::optional<int64_t> readable(const File&, int64_t, int64_t most) const override {
    std::error_code fault;
    const bool holds = marker_ == Marker::whole ? std::filesystem::exists(home_.whole(), fault)
                                                : !std::filesystem::exists(home_.open(), fault) && !fault;
    return holds ? std::optional(most) : std::nullopt;
  }

  Home home_;
  Marker marker_;
};

}  // namespace

std::shared_ptr<Film> whole_film(const std::string& hash, const Home& home) {
  const auto saved = saved_params(home, hash);
  if (!saved || !saved->ti || !is_left_as_saved(home)) return nullptr;
  const bool has_all = saved->have_pieces.size() == saved->ti->num_pieces() && saved->have_pieces.all_set();
  std::error_code fault;
  const bool is_whole = std::filesystem::exists(home.whole(), fault);
  if (!has_all && !is_whole) return nullptr;
  return std::make_shared<WholeFilm>(hash, home, *saved->ti, is_whole ? Marker::whole : Marker::left_cleanly);
}

}  // namespace catlog::torrent
