#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>

#include "commandhandler/row.h"
#include "store/state_store.h"

namespace catlog::commandhandler {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return absl::Hash<std::string_view>()(text); }
};

// Changes to the decision state that are not in what lies below yet: key to value, no value deletes.
// Threads: one at a time.
class Layer {
 public:
  using Entry = std::optional<std::string>;
  using Points = absl::flat_hash_map<std::string, Entry, TextHash, std::equal_to<>>;
  using Ordered = std::map<std::string, Entry, std::less<>>;

  // Null: this layer says nothing about the key. `hash`: TextHash of the key, so that a search through several layers
  // makes it once.
  const Entry* find(std::string_view key) const { return find(key, TextHash()(key)); }
  const Entry* find(std::string_view key, size_t hash) const;
  void set(std::string key, Entry value);
  // Moves everything of `above` in here; `above` is empty then.
  void take(Layer& above);
  void clear();
  // Makes place for so many keys at once, instead of growing.
  void reserve(size_t keys) { points_.reserve(keys); }
  bool empty() const { return points_.empty() && ordered_.empty(); }
  size_t size() const { return points_.size() + ordered_.size(); }
  const Ordered& ordered() const { return ordered_; }
  // All of it, for a flush; dies with the next change.
  store::StateStore::Changes changes() const;

 private:
  Points points_;
  Ordered ordered_;
};

// The decision state: layers over a stored snapshot. Reads see the topmost layer first; writes go to it.
//
// Lifetime: refers to the layers and the snapshot; a view that get returns dies with the next write or when they do.
// The layers change through here only, or forget() is called.
// Threads: one at a time.
class State {
 public:
  // `layers`: the topmost first, at least one. No `base`: the state of an empty log lies below.
  State(std::vector<Layer*> layers, const store::StateSnapshot* base) : layers_(std::move(layers)), base_(base) {}

  std::optional<std::string_view> get(std::string_view key) const;
  void forget() { last_key_.clear(); }
  void put(std::string key, std::string value) { set(std::move(key), std::move(value)); }
  void erase(std::string key) { set(std::move(key), std::nullopt); }

  // The keys with this prefix that are >= `from`, in order, at most `limit`. For index and child entries only.
  std::vector<std::string> keys(std::string_view prefix, std::string_view from, size_t limit) const;
  std::vector<std::string> keys(std::string_view prefix) const { return keys(prefix, prefix, SIZE_MAX); }
  bool any(std::string_view prefix) const { return !keys(prefix, prefix, 1).empty(); }

  std::optional<Row> row(Entity entity, int64_t id) const;
  // All zero when there is no such row.
  RowHead head(Entity entity, int64_t id) const;
  void put_row(Entity entity, int64_t id, const Row& row) { put(row_key(entity, id), encode_row(row)); }

 private:
  void set(std::string key, Layer::Entry value);
  std::optional<std::string_view> look_up(std::string_view key) const;

  std::vector<Layer*> layers_;
  const store::StateSnapshot* base_;
  // The last look-up, until the next write: a rule asks for the same row several times.
  mutable std::string last_key_;
  mutable std::optional<std::string_view> last_value_;
};

}  // namespace catlog::commandhandler
