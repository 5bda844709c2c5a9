#include "store/proof.h"

namespace catlog::store {

// RFC 9162 section 2.1.3.2.
std::optional<Digest> root_of_inclusion(Position position, Position size, const Digest& leaf, const Path& path) {
  if (position == 0 || position > size) return {};
  uint64_t node = position - 1, last = size - 1;
  Digest root = leaf;
  for (const Digest& sibling : path) {
    if (last == 0) return {};
    if ((node & 1) || node == last) {
      root = node_hash(sibling, root);
      while (!(node & 1) && node != 0) node >>= 1, last >>= 1;
    } else {
      root = node_hash(root, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return {};
  return root;
}

// RFC 9162 section 2.1.4.2.
bool is_consistent(const TreeHead& from, const TreeHead& to, const Path& path) {
  if (from.size == 0) return path.empty() && from.root == empty_tree_hash();
  if (from.size > to.size) return false;
  if (from.size == to.size) return path.empty() && from.root == to.root;
  auto part = path.begin();
  // A tree of a power of two leaves is a subtree of the larger one: its root is the path's first part.
  const bool is_subtree = std::has_single_bit(from.size);
  if (!is_subtree && part == path.end()) return false;
  uint64_t node = from.size - 1, last = to.size - 1;
  while (node & 1) node >>= 1, last >>= 1;
  Digest old_root = is_subtree ? from.root : *part++, new_root = old_root;
  for (; part != path.end(); ++part) {
    if (last == 0) return false;
    if ((node & 1) || node == last) {
      old_root = node_hash(*part, old_root);
      new_root = node_hash(*part, new_root);
      while (!(node & 1) && node != 0) node >>= 1, last >>= 1;
    } else {
      new_root = node_hash(new_root, *part);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_root == from.root && new_root == to.root;
}

}  // namespace catlog::store
