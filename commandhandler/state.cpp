#include "commandhandler/state.h"

#include "events/error.h"

namespace catlog::commandhandler {
namespace {

bool starts_with(std::string_view key, std::string_view prefix) { return key.substr(0, prefix.size()) == prefix; }

}  // namespace

const Layer::Entry* Layer::find(std::string_view key, size_t hash) const {
  if (is_ordered(key)) {
    auto found = ordered_.find(key);
    return found == ordered_.end() ? nullptr : &found->second;
  }
  auto found = points_.find(key, hash);
  return found == points_.end() ? nullptr : &found->second;
}

void Layer::set(std::string key, Entry value) {
  if (is_ordered(key))
    ordered_.insert_or_assign(std::move(key), std::move(value));
  else
    points_.insert_or_assign(std::move(key), std::move(value));
}

namespace {

// Moves the entries of one map into another, node by node: nothing is copied or allocated.
template <class Map>
void move_entries(Map& from, Map& into) {
  for (auto at = from.begin(); at != from.end();) {
    auto inserted = into.insert(from.extract(at++));
    if (!inserted.inserted) inserted.position->second = std::move(inserted.node.mapped());
  }
}

}  // namespace

void Layer::take(Layer& above) {
  move_entries(above.points_, points_);
  move_entries(above.ordered_, ordered_);
}

void Layer::clear() {
  points_.clear();
  ordered_.clear();
}

store::StateStore::Changes Layer::changes() const {
  store::StateStore::Changes changes;
  changes.reserve(size());
  auto add = [&](const std::string& key, const Entry& value) {
    changes.emplace_back(key, value ? std::optional<std::string_view>(*value) : std::nullopt);
  };
  for (const auto& [key, value] : points_) add(key, value);
  for (const auto& [key, value] : ordered_) add(key, value);
  return changes;
}

void State::set(std::string key, Layer::Entry value) {
  forget();
  layers_.front()->set(std::move(key), std::move(value));
}

std::optional<std::string_view> State::get(std::string_view key) const {
  if (key == last_key_) return last_value_;
  last_value_ = look_up(key);
  last_key_ = key;
  return last_value_;
}

std::optional<std::string_view> State::look_up(std::string_view key) const {
  const size_t hash = TextHash()(key);
  for (const auto* layer : layers_) {
    if (layer->empty()) continue;
    if (const auto* entry = layer->find(key, hash)) {
      if (!*entry) return {};
      return std::string_view(**entry);
    }
  }
  return base_ ? base_->get(key) : std::nullopt;
}

std::vector<std::string> State::keys(std::string_view prefix, std::string_view from, size_t limit) const {
  CATLOG_CHECK(is_ordered(prefix));
  struct Head {
    Layer::Ordered::const_iterator at, end;
    bool done(std::string_view p) const { return at == end || !starts_with(at->first, p); }
  };
  std::vector<Head> heads;
  for (const auto* layer : layers_) heads.push_back({layer->ordered().lower_bound(from), layer->ordered().end()});
  std::optional<store::StateSnapshot::Cursor> cursor;
  std::optional<std::pair<std::string_view, std::string_view>> stored;
  if (base_) {
    cursor.emplace(*base_, prefix, from);
    stored = cursor->next();
  }
  std::vector<std::string> found;
  while (found.size() < limit) {
    // The least key of all; where several layers have it, the topmost one's entry counts.
    const std::string* least = nullptr;
    const Layer::Entry* entry = nullptr;
    for (auto& head : heads)
      if (!head.done(prefix) && (!least || head.at->first < *least)) {
        least = &head.at->first;
        entry = &head.at->second;
      }
    if (!least && !stored) break;
    bool from_base = stored && (!least || stored->first < *least);
    std::string key(from_base ? stored->first : std::string_view(*least));
    if (from_base || *entry) found.push_back(key);
    for (auto& head : heads)
      if (!head.done(prefix) && head.at->first == key) ++head.at;
    if (stored && stored->first == key) stored = cursor->next();
  }
  return found;
}

std::optional<Row> State::row(Entity entity, int64_t id) const {
  auto bytes = get(row_key(entity, id));
  if (!bytes) return {};
  return decode_row(*bytes);
}

RowHead State::head(Entity entity, int64_t id) const {
  auto bytes = get(row_key(entity, id));
  return bytes ? decode_head(*bytes) : RowHead{};
}

}  // namespace catlog::commandhandler
