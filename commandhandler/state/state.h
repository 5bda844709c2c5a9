#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "commandhandler/state/key_hints.h"
#include "commandhandler/state/row.h"
#include "store/state_store.h"

namespace catlog::commandhandler {

class Journal;

// A key with its value, in one piece of memory: what finds the key has the value beside it.
struct LayerPiece {
  static constexpr uint32_t deleted = UINT32_MAX;
  uint32_t key_bytes, value_bytes;  // or deleted; the bytes of both are behind this
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view key() const { return {bytes(), key_bytes}; }
  std::optional<std::string_view> value() const {
    if (value_bytes == deleted) return {};
    return std::string_view(bytes() + key_bytes, value_bytes);
  }
};

// Changes to the decision state that are not in what lies below yet: key to value, no value deletes. Keys and values
// are copied into memory of the layer's own that is let go as a whole, by clear().
// Threads: one at a time.
class Layer {
 public:
  using Entry = std::optional<std::string_view>;
  // Differs from process to process, so that nobody can choose command ids that meet.
  struct HashedKey {
    std::string_view key;
    size_t hash;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const;
    size_t operator()(const HashedKey& key) const { return key.hash; }
    size_t operator()(const LayerPiece* piece) const { return (*this)(piece->key()); }
  };

  // All of it lies in `memory`.
  explicit Layer(std::pmr::memory_resource& memory = *std::pmr::new_delete_resource());
  Layer(const Layer&) = delete;
  ~Layer();
  // None: this layer says nothing about the key. `hash`: Hash of the key, so that a search through several layers makes
  // it once. The value dies with the next change of its key.
  std::optional<Entry> find(std::string_view key) const { return find(key, Hash()(key)); }
  std::optional<Entry> find(std::string_view key, size_t hash) const;
  // Asks for the memory where it is found, for a key that is not ordered.
  void prefetch(const HashedKey& hashed) const;
  // `journal`: takes what was there before; the old value then lives as long as the layer.
  void set(std::string_view key, Entry value, Journal* journal = nullptr) { set({key, Hash()(key)}, value, journal); }
  void set(const HashedKey& hashed, Entry value, Journal* journal);
  void clear();
  // Makes place at once, instead of growing, for as many keys as the other one has.
  void reserve_as(const Layer& other);
  bool empty() const { return size() == 0; }
  size_t size() const;
  using Ordered = std::pmr::map<std::string_view, LayerPiece*>;
  const Ordered& ordered() const { return ordered_; }
  // Each key with its entry, in no order.
  void visit(const std::function<void(std::string_view, const Entry&)>& each) const;
  // All entries, for a flush; the views die with the next change.
  store::StateStore::Changes changes() const;

 private:
  friend class Journal;
  struct Equal {
    using is_transparent = void;
    static std::string_view key_of(std::string_view key) { return key; }
    static std::string_view key_of(const HashedKey& key) { return key.key; }
    static std::string_view key_of(const LayerPiece* piece) { return piece->key(); }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return key_of(a) == key_of(b);
    }
  };
  using Allocator = std::pmr::polymorphic_allocator<LayerPiece*>;
  using Points = absl::flat_hash_set<LayerPiece*, Hash, Equal, Allocator>;

  // Commands, rows, and what else is only looked up have tables of their own: of the last there is little, and nearly
  // all that is asked there is not in it.
  static size_t table_of(std::string_view key) { return is_command_key(key) ? 0 : is_row_key(key) ? 1 : 2; }
  LayerPiece* made(std::string_view key, Entry value);
  // What stands in its place from now on.
  LayerPiece* replaced(LayerPiece* before, Entry value, Journal* journal);
  // `before`: what stood where `now` stands; null: nothing did.
  void restore(LayerPiece* now, LayerPiece* before);

  std::pmr::monotonic_buffer_resource memory_;
  std::array<Points, 3> points_;  // table_of says which
  Ordered ordered_;
};

// What changes replaced, in their order, so that the last ones can be undone.
//
// Lifetime: refers to the layers that were changed; forget() or undo() before one of them is cleared.
// Threads: one at a time.
class Journal {
 public:
  size_t size() const { return changes_.size(); }
  // Undoes the changes from number `from` on; 0 is the first.
  void undo(size_t from);
  // Lets go of the first so many changes: they will not be undone any more.
  void forget(size_t first);

 private:
  friend class Layer;
  struct Change {
    Layer* layer;
    LayerPiece *now, *before;  // no `before`: the layer said nothing about the key
  };
  std::vector<Change> changes_;
};

// The decision state: layers over a stored snapshot. Reads see the topmost layer first; writes go to it.
//
// Lifetime: refers to the layers and the snapshot; a view that get returns dies with the next write or when they do.
// With a journal, which wants what is replaced, writes leave it alive until a layer is cleared. Whoever changes a layer
// otherwise calls forget(). Threads: one at a time.
class State {
 public:
  // `layers`: the topmost first, at least one. No `base`: the state of an empty log lies below. `journal`: takes what
  // each write replaced. `hints`: spare look-ups.
  State(std::vector<Layer*> layers, const store::StateSnapshot* base, Journal* journal = nullptr,
        KeyHints* hints = nullptr)
      : layers_(std::move(layers)), base_(base), journal_(journal), hints_(hints) {}

  // Whether what is written over stays alive, because this journal takes it.
  bool is_noted_in(const Journal& journal) const { return journal_ == &journal; }

  // Nothing: there is no such key.
  std::optional<std::string_view> get(std::string_view key) const {
    // A rule and its events ask for one row after the other, each several times.
    if (const Known& last = known_[last_known_]; key == last.key && !key.empty()) return last.value;
    return get(key, Layer::Hash()(key));
  }
  // Asks for the memory that a look-up of this key, which is not an ordered one, will want: for who has something else
  // to do meanwhile.
  void prefetch(std::string_view key) const;
  void forget() {
    for (Known& known : known_) known.key.clear();
  }
  void put(std::string_view key, std::string_view value) { set(key, value); }
  void erase(std::string_view key) { set(key, std::nullopt); }

  // The keys with this prefix that are >= `from`, in order, at most `limit`. For index and child entries only.
  std::vector<std::string> keys(std::string_view prefix, std::string_view from, size_t limit) const;
  std::vector<std::string> keys(std::string_view prefix) const { return keys(prefix, prefix, SIZE_MAX); }
  bool any(std::string_view prefix) const { return !keys(prefix, prefix, 1).empty(); }

  // The row with this key in the unique index of this number. Nothing: there is none.
  std::optional<int64_t> id_by_key(Entity entity, size_t number, std::span<const Value> key) const;
  // The row; that of a removed stream is there and not alive. Nothing: there is none. Throws Failure(damaged), as
  // head().
  std::optional<Row> row(Entity entity, int64_t id) const;
  // All zero when there is no such row.
  RowHead head(Entity entity, int64_t id) const;
  void put_row(Entity entity, int64_t id, const Row& row) { put(row_key(entity, id), encode_row(row)); }
  // From now on the row has this key in the unique index of this number.
  void put_key(Entity entity, size_t number, std::span<const Value> key, int64_t id);

 private:
  std::optional<std::string_view> get(std::string_view key, size_t hash) const;
  bool has_key(Entity entity, int64_t id, size_t number, std::span<const Value> key) const;
  void set(std::string_view key, Layer::Entry value) { set({key, Layer::Hash()(key)}, value); }
  void set(const Layer::HashedKey& hashed, Layer::Entry value);
  std::optional<std::string_view> look_up(std::string_view key, size_t hash) const;

  std::vector<Layer*> layers_;
  const store::StateSnapshot* base_;
  Journal* journal_;
  KeyHints* hints_;
  // The last look-ups, each until its key is written: a rule asks for the same rows several times.
  struct Known {
    std::string key;  // empty: none
    std::optional<std::string_view> value;
  };
  static constexpr size_t known_keys = 8;
  mutable std::array<Known, known_keys> known_;  // where the key's hash says
  mutable size_t last_known_ = 0;
};

}  // namespace catlog::commandhandler
