#pragma once
#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/support/disk/calls.h"

namespace catlog::tests::disk {

enum class How { error, short_write };
enum class Extent { once, from_then_on };
enum class Room { as_it_is, none };
// data: writes, syncs and ftruncate. names: making, renaming and removing files too.
enum class Reach { data, names };

struct Fault {
  int code = ENOSPC;
  How how = How::error;  // short_write: half of a write is done; other calls do not strike
  Extent extent = Extent::once;
  Room room = Room::as_it_is;
  Reach reach = Reach::data;
};

std::string to_text(const Fault& fault);

// Makes the n-th call fail (or be cut short), or every one from there on; counts the calls. Nothing strikes for n = 0.
class Faults : public Watcher {
 public:
  Faults(const Fault& fault, size_t n) : fault_(fault), n_(n) {}
  Verdict before(const Operation& operation) override;
  void after(const Operation& operation, ssize_t result) override;
  std::optional<uint64_t> free_bytes() override;

  size_t calls() const { return calls_; }
  bool has_struck() const { return calls_ >= n_ && n_ > 0; }
  // The call that failed first, "pwrite of data.mdb"; empty: none did.
  const std::string& struck() const { return struck_; }
  // Whether that was the write of one of LMDB's two meta pages.
  bool has_struck_meta_page() const { return has_struck_meta_page_; }
  // The disk is well again.
  void mend() { is_mended_ = true; }
  // What was written to an LMDB environment after a sync of it had failed; empty: nothing. (SQLite may roll back.)
  const std::string& written_after_failed_sync() const { return written_after_; }

 private:
  bool strikes(const Operation& operation);
  Fault fault_;
  size_t n_, calls_ = 0;
  bool is_mended_ = false, has_struck_meta_page_ = false;
  std::string struck_, failed_sync_, written_after_;
};

}  // namespace catlog::tests::disk
