#include "store/merkle.h"

#include <array>
#include <cstring>

namespace catlog::store {

namespace {

constexpr std::byte leaf_mark{0}, node_mark{1};

}  // namespace

Digest leaf_hash(std::span<const std::byte> record) { return events::sha256(leaf_mark, record); }

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<std::byte, 2 * sizeof(Digest)> both;
  std::memcpy(both.data(), left.data(), left.size());
  std::memcpy(both.data() + left.size(), right.data(), right.size());
  return events::sha256(node_mark, both);
}

Digest empty_tree_hash() { return events::sha256(std::span<const std::byte>()); }

TreeHead Frontier::head() const {
  if (peaks_.empty()) return {0, empty_tree_hash()};
  Digest root = peaks_.back();
  for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) root = node_hash(*peak, root);
  return {size_, root};
}

std::string Frontier::encode() const {
  std::string bytes(reinterpret_cast<const char*>(&size_), sizeof size_);
  for (const Digest& peak : peaks_) bytes.append(reinterpret_cast<const char*>(peak.data()), peak.size());
  return bytes;
}

std::optional<Frontier> Frontier::decode(std::string_view bytes) {
  Frontier frontier;
  if (bytes.size() < sizeof frontier.size_) return {};
  std::memcpy(&frontier.size_, bytes.data(), sizeof frontier.size_);
  bytes.remove_prefix(sizeof frontier.size_);
  frontier.peaks_.resize(static_cast<size_t>(std::popcount(frontier.size_)));
  if (bytes.size() != frontier.peaks_.size() * sizeof(Digest)) return {};
  for (Digest& peak : frontier.peaks_) {
    std::memcpy(peak.data(), bytes.data(), peak.size());
    bytes.remove_prefix(peak.size());
  }
  return frontier;
}

}  // namespace catlog::store
