#pragma once
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/torrent_status.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bin/torrent/engine/films.h"
#include "bin/torrent/engine/pieces.h"

namespace catlog::torrent {

// The largest video, or the largest file where there is none.
lt::file_index_t main_file_of(const lt::torrent_info& torrent);
Place place_of(const lt::torrent_info& torrent, lt::file_index_t file);
std::vector<Film::File> files_of(const lt::torrent_info& torrent);

// A film that libtorrent has, and the order in which its pieces are asked for: what a player reads first, wherever it
// begins, then the main file from its beginning on, or from where it is read, then what is left. Threads: any.
class LiveFilm : public Film {
 public:
  // `directory`: of its files. `handle`: of a transfer whose metadata is there.
  LiveFilm(const std::string& hash, const std::filesystem::path& directory, lt::torrent_handle handle,
           const lt::torrent_info& torrent);

  void come(uint64_t reader, const File& file, int64_t at) override;
  void leave(uint64_t reader) override;
  void end() override { is_over_ = true; }
  // To be called now and then: what is left goes on before all that is wanted is there, for who wants nothing is left
  // alone by those who have all.
  void tend(const lt::torrent_status& now);

 private:
  std::optional<int64_t> readable(const File& file, int64_t from, int64_t most) const override;
  template <class Ask>
  bool asking(const Ask& ask) const;
  void order_again();
  void want(Pieces window, int now_at);
  int begin_of_order() const;
  int end_of(int from) const;
  bool is_much_left(const lt::torrent_status& now, int from);

  lt::torrent_handle handle_;
  int num_pieces_;
  std::atomic<bool> is_over_ = false;
  std::mutex mutex_;
  std::map<uint64_t, Pieces> windows_;
  int64_t highest_rate_ = 0;  // bytes a second
  int order_from_ = 0;        // pieces before it are not wanted now
};
}  // namespace catlog::torrent
