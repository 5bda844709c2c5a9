#pragma once
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/position.h"
#include "events/tree_head.h"

// The Merkle tree over the log's records, as RFC 9162 section 2.1 defines it. A tree of n leaves stands for the records
// 1 to n; leaves are counted from 0 here, so position p is leaf p - 1.
//
// Its perfect subtrees are its nodes. A node is named by the position of its last record and its level: it stands for
// the 2^level records that end there. So nodes come with records, each with the one that completes it, and which these
// are does not depend on how large the tree is.
namespace catlog::store {

using events::Digest;
using events::Position;
using events::TreeHead;

Digest leaf_hash(std::span<const std::byte> record);        // SHA-256(0x00 || record)
Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)
Digest empty_tree_hash();                                   // SHA-256 of nothing

// How many nodes a record completes: those of level 0 (its leaf) and up that end with it.
constexpr unsigned nodes_with(Position position) { return 1 + static_cast<unsigned>(std::countr_zero(position)); }
// The largest power of two below `leaves`, which must be over 1: where the tree is split.
constexpr uint64_t split_of(uint64_t leaves) { return std::bit_floor(leaves - 1); }

// The root of the `count` leaves from `first` on, where a tree of RFC 9162 has such a subtree. `read(last,
// level)` gives the digest of a node.
template <class Read>
Digest subtree_root(uint64_t first, uint64_t count, Read&& read) {
  if (count == 0) return empty_tree_hash();
  if (std::has_single_bit(count)) return read(first + count, static_cast<unsigned>(std::countr_zero(count)));
  const uint64_t left = split_of(count);
  const Digest left_root = subtree_root(first, left, read);
  return node_hash(left_root, subtree_root(first + left, count - left, read));
}

// The right edge of a tree: the roots of its perfect subtrees, the largest first. All that adding a leaf needs.
//
// Threads: one at a time.
class Frontier {
 public:
  Position size() const { return size_; }
  TreeHead head() const;
  // The right edge of a tree of so many leaves. `read` as for subtree_root.
  template <class Read>
  static Frontier of(Position size, Read&& read) {
    Frontier frontier;
    frontier.size_ = size;
    Position last = 0;
    for (Position left = size; left != 0; left -= std::bit_floor(left)) {
      last += std::bit_floor(left);
      frontier.peaks_.push_back(read(last, static_cast<unsigned>(std::countr_zero(last))));
    }
    return frontier;
  }
  // Adds the next leaf and calls `take(digest)` for each node that comes with it, from its leaf up.
  template <class Take>
  void add(const Digest& leaf, Take&& take) {
    Digest node = leaf;
    take(node);
    for (uint64_t left = size_++; left & 1; left >>= 1) {
      node = node_hash(peaks_.back(), node);
      peaks_.pop_back();
      take(node);
    }
    peaks_.push_back(node);
  }
  void add(const Digest& leaf) {
    add(leaf, [](const Digest&) {});
  }

  // size (8 bytes, the machine's order), then the peaks, 32 bytes each.
  std::string encode() const;
  // Nothing when these bytes are no frontier's.
  static std::optional<Frontier> decode(std::string_view bytes);

 private:
  Position size_ = 0;
  std::vector<Digest> peaks_;
};

}  // namespace catlog::store
