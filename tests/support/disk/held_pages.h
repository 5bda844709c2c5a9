#pragma once

namespace catlog::tests::disk {

// While it lives, whoever has SQLite write a page into a database file itself, as a checkpoint does, waits there until
// it is let go. Writes to a WAL or a journal do not. One at a time.
class HeldPages {
 public:
  HeldPages();
  HeldPages(const HeldPages&) = delete;
  ~HeldPages();

  // Whether somebody waits.
  bool is_holding() const;
  void let_go();
};

}  // namespace catlog::tests::disk
