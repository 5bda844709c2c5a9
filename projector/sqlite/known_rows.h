#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "projector/sqlite/table_digest.h"

namespace catlog::projector {

// Rows that were changed of late, as the bytes that are hashed: what was changed is often changed again, and taking a
// row of SQLite apart is more than half of what its digest costs (ops/FIGURES.md, "114").
//
// Threads: one at a time. Memory: 2 * most_kept rows of at most longest_kept bytes.
class KnownRows {
 public:
  static constexpr size_t most_kept = 32'768, longest_kept = 1'024;
  struct Row {
    std::string bytes;
    RowHash hash;
  };
  using Id = std::pair<size_t, int64_t>;  // the table's number, the row's id

  KnownRows();
  ~KnownRows();
  KnownRows(const KnownRows&) = delete;
  // Null when it is not known. It dies with the next call.
  Row* find(Id id);
  // In place of what is known of it; a longer one is forgotten.
  void keep(Id id, std::string_view bytes, RowHash hash);
  void forget(Id id);
  void forget_all();

 private:
  struct Kept;
  Row& place(Id id);
  std::unique_ptr<Kept> kept_;
};

}  // namespace catlog::projector
