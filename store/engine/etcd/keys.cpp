#include "store/engine/etcd/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "events/digest.h"

namespace catlog::store::engine {

std::string Keys::batch(events::Position first) const { return fmt::format("{}batch/{:016x}", root_, first); }
std::string Keys::part(events::Position first) const { return fmt::format("{}part/{:016x}", root_, first); }
std::string Keys::part(const Batch& batch, size_t index) const {
  return fmt::format("{}/{}/{:04x}", part(batch.before.size + 1), events::to_string(batch.nonce), index);
}

std::string Keys::behind(std::string prefix) {
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

std::string encode_head(const std::string& log_id, const events::TreeHead& head) {
  return fmt::format("{} {} {}", log_id, head.size, events::hex(head.root));
}

std::optional<Tip> decode_head(std::string_view value) {
  const size_t second = value.find(' '), third = value.rfind(' ');
  if (second == std::string_view::npos || third == second) return {};
  Tip tip{std::string(value.substr(0, second)), {}, 1, {}};
  const auto position = decode_position(value.substr(second + 1, third - second - 1));
  const auto root = events::unhex(value.substr(third + 1));
  if (!events::parse_uuid(tip.log_id) || !position || !root || root->size() != tip.head.root.size()) return {};
  tip.head.size = *position;
  std::copy(root->begin(), root->end(), tip.head.root.begin());
  return tip;
}

std::string encode_leader(const std::string& node, const std::string& endpoint) { return node + " " + endpoint; }

std::optional<Leader> decode_leader(std::string_view value, Term term) {
  const size_t space = value.find(' ');
  if (space == std::string_view::npos) return {};
  return Leader{term, std::string(value.substr(0, space)), std::string(value.substr(space + 1))};
}

std::optional<events::Position> decode_position(std::string_view value) {
  events::Position position = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), position);
  if (error != std::errc() || end != value.data() + value.size()) return {};
  return position;
}

}  // namespace catlog::store::engine
