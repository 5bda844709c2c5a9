#include "store/check_tree.h"

#include <fmt/format.h>

#include <algorithm>

namespace catlog::store {

namespace {

constexpr Position records_per_snapshot = 10'000;

class Checker {
 public:
  Checker(std::vector<std::string>& findings, size_t most) : findings_(findings), most_(most) {}

  // False when there are enough findings.
  bool check(const LogSnapshot& snapshot, Position position, Bytes record) {
    const Digest stored = snapshot.tree_node(position, 0);
    if (leaf_hash(record) != stored) {
      find(
          fmt::format("position {}: its record is not what was appended: the Merkle tree knows another one", position));
    }
    // From the stored leaf on: what is above it was made from it, so one turned bit is one finding.
    unsigned level = 0;
    frontier_.add(stored, [&](const Digest& digest) {
      if (level > 0 && snapshot.tree_node(position, level) != digest)
        find(
            fmt::format("position {}: the node of the Merkle tree over the {} events up to it is not the hash of those "
                        "below it",
                        position, Position{1} << level));
      ++level;
    });
    return findings_.size() < most_;
  }

  TreeHead head() const { return frontier_.head(); }

 private:
  void find(std::string what) { findings_.push_back(std::move(what)); }

  std::vector<std::string>& findings_;
  size_t most_;
  Frontier frontier_;
};

}  // namespace

TreeCheck check_tree(const Log& log, size_t most, const std::function<void(Position, Position)>& progress) {
  TreeCheck result;
  Checker checker(result.findings, most);
  const Position head = log.head();
  for (Position at = 0; at < head && result.findings.size() < most;) {
    if (progress) progress(at, head);
    const LogSnapshot snapshot = log.snapshot();
    const Position last = std::min(head, at + records_per_snapshot);
    snapshot.scan(at + 1, [&](Position position, Bytes record) {
      at = position;
      return checker.check(snapshot, position, record) && position < last;
    });
  }
  result.head = checker.head();
  return result;
}

}  // namespace catlog::store
