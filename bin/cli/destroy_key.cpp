#include <fmt/format.h>

#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/row_name.h"
#include "bin/cli/subcommand.h"
#include "commandhandler/key_folder.h"

namespace catlog::cli {
namespace {

using events::Exit;

class DestroyKey : public Subcommand {
 public:
  explicit DestroyKey(Syntax parent)
      : Subcommand(parent.subcommand("destroy-key", "Destroy the keys of a user's sealed values, for good")) {
    syntax().option("user", user_, "users/ID, or users/NAME of one who is there").required();
    syntax().footer(
        "What was sealed with them nobody can open any more, in no copy of the log; the next link makes a new key. In\n"
        "a cluster give the order on a node that has one: every other destroys it too, one that is away when it is\n"
        "back. Copies in backups are not looked for.\n"
        "Example: catlog destroy-key users/7");
  }

  Exit run(const Settings& settings) override {
    const store::Log log = open_log(settings);
    const StreamName user = parse_stream(with_id(settings, log, user_));
    if (user.entity != events::Entity::USER)
      throw events::Failure(Exit::usage, "keys are users': name one, users/7 or users/ada");
    const commandhandler::KeyFolder folder(settings.data.keys());
    size_t destroyed = 0, before = 0;
    const auto there = folder.list();
    for (const auto& name : there.keys)
      if (name.user_id == user.id && folder.destroy(name)) ++destroyed;
    // Once more: what a copy brought back goes, and what cannot be removed is told.
    for (const auto& name : there.destroyed) {
      if (name.user_id != user.id) continue;
      folder.destroy(name);
      ++before;
    }
    if (destroyed + before == 0)
      throw events::Failure(Exit::refused,
                            fmt::format("there is no key of users/{} in {}, and nothing was destroyed; in a cluster "
                                        "give this order on a node that has one",
                                        user.id, settings.data.keys().string()));
    tell("{} destroyed{}\n", keys(destroyed), before == 0 ? "" : fmt::format(", {} before", keys(before)));
    return Exit::ok;
  }

 private:
  static std::string keys(size_t count) { return count == 1 ? "1 key" : fmt::format("{} keys", count); }

  std::string user_;
};

}  // namespace

std::unique_ptr<Subcommand> make_destroy_key(Syntax parent) { return std::make_unique<DestroyKey>(parent); }

}  // namespace catlog::cli
