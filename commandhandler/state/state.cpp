#include "commandhandler/state/state.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "events/error.h"

namespace catlog::commandhandler {
namespace {

bool starts_with(std::string_view key, std::string_view prefix) { return key.substr(0, prefix.size()) == prefix; }

}  // namespace

size_t Layer::Hash::operator()(std::string_view key) const {
  static const uint64_t seed = std::random_device{}() * (uint64_t{1} << 32) + std::random_device{}();
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

// Here, so that who sees the class need not see its tables' members.
Layer::Layer(std::pmr::memory_resource& memory)
    : memory_(&memory),
      points_{Points(Allocator(&memory)), Points(Allocator(&memory)), Points(Allocator(&memory))},
      ordered_(&memory) {}

Layer::~Layer() = default;

void Layer::prefetch(const HashedKey& hashed) const { points_[table_of(hashed.key)].prefetch(hashed); }

void Layer::reserve_as(const Layer& other) {
  for (size_t i = 0; i < points_.size(); ++i) points_[i].reserve(other.points_[i].size());
}

size_t Layer::size() const {
  size_t keys = ordered_.size();
  for (const Points& points : points_) keys += points.size();
  return keys;
}

void Layer::visit(const std::function<void(std::string_view, const Entry&)>& each) const {
  for (const Points& points : points_)
    for (const LayerPiece* piece : points) each(piece->key(), piece->value());
  for (const auto& [key, piece] : ordered_) each(key, piece->value());
}

std::optional<Layer::Entry> Layer::find(std::string_view key, size_t hash) const {
  if (is_ordered(key)) {
    const auto found = ordered_.find(key);
    return found == ordered_.end() ? std::nullopt : std::optional<Entry>(std::in_place, found->second->value());
  }
  const Points& points = points_[table_of(key)];
  const auto found = points.find(key, hash);
  return found == points.end() ? std::nullopt : std::optional<Entry>(std::in_place, (*found)->value());
}

LayerPiece* Layer::made(std::string_view key, Entry value) {
  const std::string_view text = value.value_or("");
  CATLOG_CHECK(key.size() < LayerPiece::deleted && text.size() < LayerPiece::deleted);
  void* place = memory_.allocate(sizeof(LayerPiece) + key.size() + text.size(), alignof(LayerPiece));
  auto* piece = new (place)
      LayerPiece{static_cast<uint32_t>(key.size()), value ? static_cast<uint32_t>(text.size()) : LayerPiece::deleted};
  std::copy(key.begin(), key.end(), piece->bytes());
  std::copy(text.begin(), text.end(), piece->bytes() + key.size());
  return piece;
}

LayerPiece* Layer::replaced(LayerPiece* before, Entry value, Journal* journal) {
  const Entry old = before->value();
  if (!journal && old && value && value->size() <= old->size()) {
    // Nobody will want the old value again, so its place is used; the new one may be made of it.
    std::memmove(before->bytes() + before->key_bytes, value->data(), value->size());
    before->value_bytes = static_cast<uint32_t>(value->size());
    return before;
  }
  LayerPiece* now = made(before->key(), value);
  if (journal) journal->changes_.push_back({this, now, before});
  return now;
}

void Layer::set(const HashedKey& hashed, Entry value, Journal* journal) {
  const std::string_view key = hashed.key;
  LayerPiece* added = nullptr;
  if (is_ordered(key)) {
    const auto found = ordered_.lower_bound(key);
    if (found == ordered_.end() || found->first != key) {
      added = made(key, value);
      ordered_.emplace_hint(found, added->key(), added);
    } else {
      found->second = replaced(found->second, value, journal);
    }
  } else {
    const auto found =
        points_[table_of(key)].lazy_emplace(hashed, [&](const auto& make) { make(added = made(key, value)); });
    // Another piece of the same key, so its place in the set is the same.
    if (!added) const_cast<LayerPiece*&>(*found) = replaced(*found, value, journal);
  }
  if (added && journal) journal->changes_.push_back({this, added, nullptr});
}

void Layer::restore(LayerPiece* now, LayerPiece* before) {
  const std::string_view key = now->key();
  if (is_ordered(key)) {
    if (before)
      ordered_.find(key)->second = before;
    else
      ordered_.erase(key);
  } else if (before) {
    const_cast<LayerPiece*&>(*points_[table_of(key)].find(key)) = before;
  } else {
    points_[table_of(key)].erase(key);
  }
}

void Layer::clear() {
  for (Points& points : points_) points.clear();
  ordered_.clear();
  memory_.release();
}

void Journal::undo(size_t from) {
  for (; changes_.size() > from; changes_.pop_back()) {
    const Change& last = changes_.back();
    last.layer->restore(last.now, last.before);
  }
}

void Journal::forget(size_t first) {
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<ptrdiff_t>(first));
}

store::StateStore::Changes Layer::changes() const {
  store::StateStore::Changes changes;
  changes.reserve(size());
  visit([&](std::string_view key, const Entry& value) { changes.emplace_back(key, value); });
  return changes;
}

void State::set(const Layer::HashedKey& hashed, Layer::Entry value) {
  layers_.front()->set(hashed, value, journal_);
  known_[hashed.hash % known_keys].key.clear();  // after: the value may be what was read there
}

void State::put_key(Entity entity, size_t number, std::span<const Value> key, int64_t id) {
  const std::string stored = unique_key(entity, number, key);
  const Layer::HashedKey hashed{stored, Layer::Hash()(stored)};
  set(hashed, encode_id(id));
  if (hints_) hints_->note(hashed.hash, id);
}

void State::prefetch(std::string_view key) const {
  const Layer::HashedKey hashed{key, Layer::Hash()(key)};
  for (const auto* layer : layers_) layer->prefetch(hashed);
}

std::optional<std::string_view> State::get(std::string_view key, size_t hash) const {
  last_known_ = hash % known_keys;
  Known& known = known_[last_known_];
  if (key != known.key || key.empty()) {
    known.value = look_up(key, hash);
    known.key = key;
  }
  return known.value;
}

std::optional<std::string_view> State::look_up(std::string_view key, size_t hash) const {
  // What is not in the newer one is looked for in the older one next.
  if (layers_.size() > 1 && !is_ordered(key)) layers_.back()->prefetch({key, hash});
  for (const auto* layer : layers_) {
    if (layer->empty()) continue;
    if (const auto entry = layer->find(key, hash)) return *entry;
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
    const std::string_view* least = nullptr;
    const LayerPiece* piece = nullptr;
    for (auto& head : heads)
      if (!head.done(prefix) && (!least || head.at->first < *least)) {
        least = &head.at->first;
        piece = head.at->second;
      }
    if (!least && !stored) break;
    bool from_base = stored && (!least || stored->first < *least);
    std::string key(from_base ? stored->first : *least);
    if (from_base || piece->value()) found.push_back(key);
    for (auto& head : heads)
      if (!head.done(prefix) && head.at->first == key) ++head.at;
    if (stored && stored->first == key) stored = cursor->next();
  }
  return found;
}

std::optional<int64_t> State::id_by_key(Entity entity, size_t number, std::span<const Value> key) const {
  const std::string stored = unique_key(entity, number, key);
  const size_t hash = Layer::Hash()(stored);
  if (hints_)
    if (const auto hint = hints_->find(hash); hint && has_key(entity, *hint, number, key)) return hint;
  const auto found = get(stored, hash);
  if (!found) return {};
  const int64_t id = decode_id(*found);
  if (hints_) hints_->note(hash, id);
  return id;
}

bool State::has_key(Entity entity, int64_t id, size_t number, std::span<const Value> key) const {
  const auto row = get(row_key(entity, id));
  const auto& columns = events::model().entity(entity).indexes[number].columns;
  for (size_t i = 0; i < columns.size(); ++i)
    if (!row || !holds_value(*row, number_of(entity, columns[i]), key[i])) return false;
  return true;
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
