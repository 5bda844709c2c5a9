#include "projector/sqlite/known_rows.h"

#include <absl/container/flat_hash_map.h>

namespace catlog::projector {

struct KnownRows::Kept {
  absl::flat_hash_map<Id, Row> now, before;  // the latter goes when the former is full
};

KnownRows::KnownRows() : kept_(std::make_unique<Kept>()) {}
KnownRows::~KnownRows() = default;

KnownRows::Row& KnownRows::place(Id id) {
  if (kept_->now.size() >= most_kept) kept_->before = std::exchange(kept_->now, {});
  return kept_->now[id];
}

KnownRows::Row* KnownRows::find(Id id) {
  if (const auto found = kept_->now.find(id); found != kept_->now.end()) return &found->second;
  auto found = kept_->before.extract(id);
  if (!found) return nullptr;
  return &(place(id) = std::move(found.mapped()));
}

void KnownRows::keep(Id id, std::string_view bytes, RowHash hash) {
  if (bytes.size() > longest_kept) return forget(id);
  Row* row = find(id);
  if (!row) row = &place(id);
  if (row->bytes.capacity() < bytes.size()) row->bytes = std::string();  // it would grow to twice what it has
  row->bytes.assign(bytes);
  row->hash = hash;
}

void KnownRows::forget(Id id) {
  kept_->now.erase(id);
  kept_->before.erase(id);
}

void KnownRows::forget_all() {
  kept_->now.clear();
  kept_->before.clear();
}

}  // namespace catlog::projector
