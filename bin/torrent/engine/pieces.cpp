#include "bin/torrent/engine/pieces.h"

#include <algorithm>

namespace catlog::torrent {

namespace {

constexpr int64_t hundredths = 100;
// What is late of so much is asked of another peer too; what comes behind it is only asked for in its order.
constexpr int64_t window_seconds = 1, most_window_bytes = 16 << 20;
constexpr int least_window_pieces = 2, most_window_pieces = 32;

}  // namespace

Pieces pieces_of(const Place& place, int64_t from, int64_t to) {
  from = std::clamp<int64_t>(from, 0, place.size);
  to = std::clamp<int64_t>(to, 0, place.size);
  if (from >= to) return {};
  return {static_cast<int>((place.begin + from) / place.piece_bytes),
          static_cast<int>((place.begin + to - 1) / place.piece_bytes)};
}

int64_t bytes_there(const Place& place, int64_t from, int64_t most, const std::function<bool(int piece)>& is_there) {
  int64_t end = from;
  const auto piece = [&] { return pieces_of(place, end, end + 1).first; };
  while (end < from + most && is_there(piece())) end = (int64_t{piece()} + 1) * place.piece_bytes - place.begin;
  return std::min(end - from, most);
}

std::vector<int> edges_of(const Place& place) {
  const int64_t edge = (place.size + hundredths - 1) / hundredths;
  const Pieces head = pieces_of(place, 0, edge), tail = pieces_of(place, place.size - edge, place.size);
  std::vector<int> edges;
  for (int piece = head.first; piece <= head.last; ++piece) edges.push_back(piece);
  for (int piece = std::max(tail.first, head.last + 1); piece <= tail.last; ++piece) edges.push_back(piece);
  return edges;
}

Pieces window_of(const Place& place, int64_t at, int64_t bytes_a_second) {
  const int64_t bytes = std::clamp<int64_t>(bytes_a_second * window_seconds, 1, most_window_bytes);
  const Pieces rest = pieces_of(place, at, place.size);
  Pieces window = pieces_of(place, at, at + bytes);
  if (window.last < window.first) return window;
  window.last = std::clamp(window.last, window.first + least_window_pieces - 1, window.first + most_window_pieces - 1);
  window.last = std::min(window.last, rest.last);
  return window;
}

}  // namespace catlog::torrent
