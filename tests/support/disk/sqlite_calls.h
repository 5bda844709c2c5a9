#pragma once
#include <cstddef>
#include <string>

namespace catlog::tests::disk {

// Fails the n-th call that SQLite makes of the system (its own table, xSetSystemCall: reading, locking, mapping and
// looking too), or every one from there on. Counts them; fails none for n = 0. One at a time; one thread.
class SqliteCalls {
 public:
  enum class Extent { once, from_then_on };
  SqliteCalls(size_t n, int error, Extent extent);
  SqliteCalls(const SqliteCalls&) = delete;
  ~SqliteCalls();

  size_t calls() const;
  // The name of the one that failed first; empty: none did.
  const std::string& struck() const;
  void mend();
};

}  // namespace catlog::tests::disk
