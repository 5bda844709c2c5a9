#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/wal_readers.h"
#include "store/files/file_lock.h"

namespace catlog::projector {

constexpr size_t old_generations_kept = 1;

// The folder of the read model: gen-000001.sqlite, gen-000002.sqlite, ..; current.sqlite, a relative link to the one
// that is live; previous.sqlite, a link to the one that was live before it. Everything named gen-* is whole; what is
// being built has another name until it is.
//
// Threads: any thread and process. Whoever gives a number or changes the link holds switch.lock meanwhile, for an
// instant; others wait. Durability: what take_over and switch_to did survives a power cut.
class Generations {
 public:
  using NotRemoved = std::function<void(const std::string&)>;
  // Creates the folder when it is missing. What is in the way of a start or of a switch, and cannot be removed, holds
  // up neither: `on_not_removed` is told of each such file, once.
  explicit Generations(const std::filesystem::path& directory, NotRemoved on_not_removed = {});

  std::filesystem::path link() const { return directory_ / "current.sqlite"; }
  // The live generation's own path. When the link is missing or leads nowhere (a crash between the first generation
  // and its link), the newest generation; nothing when there is none.
  std::optional<std::filesystem::path> current_path() const;
  // Whether the link still leads to this generation: one readlink.
  bool is_current(const std::filesystem::path& generation) const;
  // Oldest first.
  std::vector<std::filesystem::path> all() const;

  // Where a generation is built (`name` keeps builders apart); what an interrupted build left there is removed, and
  // where that cannot be it is another place.
  std::filesystem::path start_building(std::string_view name) const;
  // Gives the finished, closed file the next number, syncs it and makes it the live one, as switch_to.
  std::filesystem::path take_over(const std::filesystem::path& built) const;
  // The same of a copy of `live`; nothing, where that is live no more. It says `retired`, but is no way back: it stays
  // while others have it open, and goes with remove_unused. The connection to the new one is to be kept until there is
  // another: nobody who opens it then is the first to do so, for whom others would have to wait.
  std::unique_ptr<Database> replace_live(const std::filesystem::path& live, const std::filesystem::path& copy) const;
  // Removes what is neither live nor a way back and nobody has open; who has the others open, one process for each.
  // Not while this process has one of them open (wal_readers.h). Of one that cannot be removed `on_not_removed` is
  // told, and the others go all the same; without it that is thrown.
  std::vector<WalReader> remove_unused() const;
  // The live generation, ready to be opened: links to the newest one when the link is missing, and makes an empty first
  // one when there is none. Others that a crash left `live` are retired.
  std::filesystem::path prepare_live(const std::string& log_id) const;
  // Makes `generation` the live one: where the one before is in WAL mode, because somebody writes it, so is this, so
  // that no reader is refused while that is changed; its checkpoint says `live`, the link is replaced in one step, all
  // others say `retired`, and of those old_generations_kept stay: the one that was live before, and then the newest.
  // Also the way back to a generation that was kept. Readers see either the old or the new one, whole.
  void switch_to(const std::filesystem::path& generation) const;
  // Gives up the way back when it has been there since before this moment (microseconds UTC), and removes copies that
  // migrations made before it; what nobody has open goes with the next remove_unused. How many there were. Of a copy
  // that cannot be removed as remove_unused.
  size_t forget_older_than(int64_t us) const;
  // The generation that a way back leads to: the one that was live before. Nothing when it was not kept.
  std::optional<std::filesystem::path> kept() const;

 private:
  std::filesystem::path adopt(const std::filesystem::path& built) const;
  std::vector<std::filesystem::path> unlinked() const;  // neither live nor a way back
  void link_to(const std::filesystem::path& generation) const;
  store::FileLock lock_switch() const;
  std::filesystem::path previous_link() const { return directory_ / "previous.sqlite"; }
  void point(const std::filesystem::path& link, const std::filesystem::path& generation) const;
  std::filesystem::path free_name(const std::filesystem::path& wanted) const;
  void tell(const events::Failure& refused) const;
  bool give_up(const std::filesystem::path& generation) const;
  void retire(const std::filesystem::path& generation) const;
  std::filesystem::path directory_;
  NotRemoved on_not_removed_;
};

}  // namespace catlog::projector
