#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "commandhandler/row.h"
#include "store/state_store.h"

namespace catlog::commandhandler {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// Changes to the decision state that are not in what lies below yet: key to value, no value deletes.
// Threads: one at a time.
class Layer {
 public:
  using Entry = std::optional<std::string>;
  using Points = std::unordered_map<std::string, Entry, TextHash, std::equal_to<>>;
  using Ordered = std::map<std::string, Entry, std::less<>>;

  // Null: this layer says nothing about the key.
  const Entry* find(std::string_view key) const;
  void set(std::string key, Entry value);
  // Moves everything of `above` in here; `above` is empty then.
  void take(Layer& above);
  void clear();
  bool empty() const { return points_.empty() && ordered_.empty(); }
  size_t size() const { return points_.size() + ordered_.size(); }
  const Points& points() const { return points_; }
  const Ordered& ordered() const { return ordered_; }

 private:
  Points points_;
  Ordered ordered_;
};

// The decision state: layers over a stored snapshot. Reads see the topmost layer first; writes go to it.
//
// Lifetime: refers to the layers and the snapshot; a view that get returns dies with the next write or when they do.
// Threads: one at a time.
class State {
 public:
  // `layers`: the topmost first, at least one. No `base`: the state of an empty log lies below.
  State(std::vector<Layer*> layers, const store::StateSnapshot* base) : layers_(std::move(layers)), base_(base) {}

  std::optional<std::string_view> get(std::string_view key) const;
  void put(std::string key, std::string value) { layers_.front()->set(std::move(key), std::move(value)); }
  void erase(std::string key) { layers_.front()->set(std::move(key), std::nullopt); }

  // The keys with this prefix that are >= `from`, in order, at most `limit`. For index and child entries only.
  std::vector<std::string> keys(std::string_view prefix, std::string_view from, size_t limit) const;
  std::vector<std::string> keys(std::string_view prefix) const { return keys(prefix, prefix, SIZE_MAX); }
  bool any(std::string_view prefix) const { return !keys(prefix, prefix, 1).empty(); }

  std::optional<Row> row(Entity entity, int64_t id) const;
  // All zero when there is no such row.
  RowHead head(Entity entity, int64_t id) const;
  void put_row(Entity entity, int64_t id, const Row& row) { put(row_key(entity, id), encode_row(row)); }

 private:
  std::vector<Layer*> layers_;
  const store::StateSnapshot* base_;
};

}  // namespace catlog::commandhandler
