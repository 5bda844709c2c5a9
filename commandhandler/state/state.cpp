#include "commandhandler/state/state.h"

#include <cstring>
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

const Layer::Entry* Layer::find(std::string_view key, size_t hash) const {
  if (is_ordered(key)) {
    auto found = ordered_.find(key);
    return found == ordered_.end() ? nullptr : &found->second;
  }
  auto found = points_.find(key, hash);
  return found == points_.end() ? nullptr : &found->second;
}

std::string_view Layer::copy(std::string_view bytes) {
  if (bytes.empty()) return "";
  auto* place = static_cast<char*>(memory_.allocate(bytes.size(), 1));
  std::memcpy(place, bytes.data(), bytes.size());
  return {place, bytes.size()};
}

void Layer::set(std::string_view key, Entry value, Journal* journal) {
  bool is_new = false;
  if (is_ordered(key)) {
    auto found = ordered_.lower_bound(key);
    is_new = found == ordered_.end() || found->first != key;
    if (is_new) found = ordered_.emplace_hint(found, copy(key), Entry());
    set_entry(found->first, found->second, is_new ? std::nullopt : std::optional<Entry>(std::in_place, found->second),
              value, journal);
  } else {
    auto found = points_.lazy_emplace(key, [&](const auto& make) {
      is_new = true;
      make(copy(key), Entry());
    });
    set_entry(found->first, found->second, is_new ? std::nullopt : std::optional<Entry>(std::in_place, found->second),
              value, journal);
  }
}

void Layer::set_entry(std::string_view key, Entry& entry, const std::optional<Entry>& before, Entry value,
                      Journal* journal) {
  if (journal) journal->changes_.push_back({this, key, before});
  if (!journal && entry && value && value->size() <= entry->size()) {
    // Nobody will want the old value again, so its place is used.
    std::memmove(const_cast<char*>(entry->data()), value->data(), value->size());
    entry = entry->substr(0, value->size());
  } else {
    entry = value ? Entry(copy(*value)) : std::nullopt;
  }
}

void Layer::restore(std::string_view key, const std::optional<Entry>& before) {
  if (is_ordered(key)) {
    if (before)
      ordered_.find(key)->second = *before;
    else
      ordered_.erase(key);
  } else if (before) {
    points_.find(key)->second = *before;
  } else {
    points_.erase(key);
  }
}

void Layer::clear() {
  points_.clear();
  ordered_.clear();
  memory_.release();
}

void Journal::undo(size_t from) {
  for (; changes_.size() > from; changes_.pop_back()) {
    const Change& last = changes_.back();
    last.layer->restore(last.key, last.before);
  }
}

void Journal::forget(size_t first) {
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<ptrdiff_t>(first));
}

store::StateStore::Changes Layer::changes() const {
  store::StateStore::Changes changes;
  changes.reserve(size());
  changes.insert(changes.end(), points_.begin(), points_.end());
  changes.insert(changes.end(), ordered_.begin(), ordered_.end());
  return changes;
}

void State::set(std::string_view key, Layer::Entry value) {
  layers_.front()->set(key, value, journal_);
  forget();  // after: the value may be what was read last
}

std::optional<std::string_view> State::get(std::string_view key) const {
  if (key == last_key_) return last_value_;
  last_value_ = look_up(key);
  last_key_ = key;
  return last_value_;
}

std::optional<std::string_view> State::look_up(std::string_view key) const {
  const size_t hash = Layer::Hash()(key);
  for (const auto* layer : layers_) {
    if (layer->empty()) continue;
    if (const auto* entry = layer->find(key, hash)) {
      return *entry;
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
    const std::string_view* least = nullptr;
    const Layer::Entry* entry = nullptr;
    for (auto& head : heads)
      if (!head.done(prefix) && (!least || head.at->first < *least)) {
        least = &head.at->first;
        entry = &head.at->second;
      }
    if (!least && !stored) break;
    bool from_base = stored && (!least || stored->first < *least);
    std::string key(from_base ? stored->first : *least);
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
