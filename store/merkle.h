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
// Its perfect subtrees are its nodes, numbered in post-order: each leaf, and behind it the subtrees that it completes.
// So nodes are only ever added behind the last one, and a node's number does not depend on how large the tree is.
namespace catlog::store {

using events::Digest;
using events::Position;
using events::TreeHead;

Digest leaf_hash(std::span<const std::byte> record);        // SHA-256(0x00 || record)
Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)
Digest empty_tree_hash();                                   // SHA-256 of nothing

// How many nodes a tree of so many leaves has.
constexpr uint64_t node_count(uint64_t leaves) { return 2 * leaves - static_cast<uint64_t>(std::popcount(leaves)); }
// The number (from 0) of the root of the perfect subtree of 2^level leaves that starts at leaf `first`, a multiple of
// 2^level.
constexpr uint64_t node_number(uint64_t first, unsigned level) {
  return node_count(first) + (uint64_t{2} << level) - 2;
}
// The largest power of two below `leaves`, which must be over 1: where the tree is split.
constexpr uint64_t split_of(uint64_t leaves) { return std::bit_floor(leaves - 1); }

// The root of the `count` leaves from `first` on, where a tree of RFC 9162 has such a subtree. `read(number)` gives the
// digest of a node.
template <class Read>
Digest subtree_root(uint64_t first, uint64_t count, Read&& read) {
  if (count == 0) return empty_tree_hash();
  if (std::has_single_bit(count)) return read(node_number(first, static_cast<unsigned>(std::countr_zero(count))));
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
  // Adds the next leaf and calls `take(digest)` for each node that comes with it, in the order of their numbers.
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
