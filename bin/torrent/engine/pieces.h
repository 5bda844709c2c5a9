#pragma once
#include <cstdint>
#include <functional>
#include <vector>

namespace catlog::torrent {

// Where a file's bytes lie among a torrent's pieces.
struct Place {
  int64_t begin = 0, size = 0;  // in the torrent, in bytes
  int64_t piece_bytes = 1;
};

// The first and the last one, both of them in it; none: last < first.
struct Pieces {
  int first = 0, last = -1;
  bool operator==(const Pieces&) const = default;
};

// Those that have bytes from `from` up to `to` of the file.
Pieces pieces_of(const Place& place, int64_t from, int64_t to);
// How many of the file's bytes are there from this one on without a gap, at most so many, by the pieces that are there.
int64_t bytes_there(const Place& place, int64_t from, int64_t most, const std::function<bool(int piece)>& is_there);
// What a player reads first, wherever it begins: those of the first and the last hundredth, in this order, each once.
std::vector<int> edges_of(const Place& place);
// What a reader at this byte waits for, at this rate: a second of it, two pieces at least, and not without end.
Pieces window_of(const Place& place, int64_t at, int64_t bytes_a_second);

}  // namespace catlog::torrent
