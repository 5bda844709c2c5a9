#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "store/merkle.h"

// Proofs about the tree (RFC 9162 sections 2.1.3 and 2.1.4). Checking one needs the proof and a head, not the log.
namespace catlog::store {

using Path = std::vector<Digest>;

// That a record is the log's. `read(number)` gives the digest of a node; 0 < position <= size.
template <class Read>
Path inclusion_path(Position position, Position size, Read&& read) {
  Path path;
  uint64_t leaf = position - 1, first = 0;
  std::vector<std::pair<uint64_t, uint64_t>> siblings;  // first leaf, number of leaves; the root's side first
  while (size > 1) {
    const uint64_t left = split_of(size);
    if (leaf - first < left) {
      siblings.emplace_back(first + left, size - left);
      size = left;
    } else {
      siblings.emplace_back(first, left);
      first += left;
      size -= left;
    }
  }
  for (auto sibling = siblings.rbegin(); sibling != siblings.rend(); ++sibling)
    path.push_back(subtree_root(sibling->first, sibling->second, read));
  return path;
}

// That the log of `to` records begins with the log of `from` records; 0 < from <= to.
template <class Read>
Path consistency_path(Position from, Position to, Read&& read) {
  std::vector<std::pair<uint64_t, uint64_t>> parts;
  uint64_t first = 0, count = to, old = from;
  bool is_whole = true;  // the old tree's root is what is left: whoever checks has it
  while (old != count) {
    const uint64_t left = split_of(count);
    if (old <= left) {
      parts.emplace_back(first + left, count - left);
      count = left;
    } else {
      parts.emplace_back(first, left);
      first += left;
      count -= left;
      old -= left;
      is_whole = false;
    }
  }
  if (!is_whole) parts.emplace_back(first, count);
  Path path;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    path.push_back(subtree_root(part->first, part->second, read));
  return path;
}

// The root that a record's leaf hash and its path lead to; nothing when the path has not the length of such a tree's.
std::optional<Digest> root_of_inclusion(Position position, Position size, const Digest& leaf, const Path& path);

// Whether the path shows that the tree of `to` begins with that of `from`.
bool is_consistent(const TreeHead& from, const TreeHead& to, const Path& path);

}  // namespace catlog::store
