#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "store/merkle.h"

// Proofs about the tree, as RFC 9162 makes and checks them: that a record is in a log (2.1.3), and that a log has only
// grown since (2.1.4). Making one needs the log; checking one needs the proof and a head (its size and root) that the
// checker trusts.
namespace catlog::store {

// Digests of subtrees, from the record's side to the root's: PATH and PROOF of the RFC. At most 64 of them.
using Path = std::vector<Digest>;

// The proof that the record at `position` is in the tree of the first `size` records: 0 < position <= size, positions
// count from 1. `read(last, level)` gives the digest of a node of the tree (merkle.h); what it throws, this throws.
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

// The proof that the tree of the first `to` records begins with that of the first `from`: 0 < from <= to. Empty when
// they are one. `read` as above.
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

// The root of the tree of `size` records that follows from a record's leaf hash (merkle.h) and its path. Whoever checks
// compares it with the root that it trusts. Nothing for a path of another length than such a tree's, or a position that
// is not in it. Any input may be given: proofs come from outside.
std::optional<Digest> root_of_inclusion(Position position, Position size, const Digest& leaf, const Path& path);

// Whether the path shows that the tree of `to` begins with the tree of `from`. Any input may be given.
bool is_consistent(const TreeHead& from, const TreeHead& to, const Path& path);

}  // namespace catlog::store
