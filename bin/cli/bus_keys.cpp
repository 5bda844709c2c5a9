#include "bin/keys/bus_keys.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bin/cli/advice.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "bin/keys/key_file.h"
#include "events/error.h"
#include "store/files/accounts.h"

namespace catlog::cli {
namespace {

namespace fs = std::filesystem;
using events::AllowList;
using events::Exit;
using events::Failure;
using events::PeerRole;

PeerRole role_named(const std::string& name) {
  for (const PeerRole role : {PeerRole::producer, PeerRole::subscriber, PeerRole::auditor})
    if (events::name_of(role) == name) return role;
  return PeerRole::admin;
}

AllowList::Entry entry_named(const Settings& settings, const std::string& name) {
  const auto allowed = keys::read_allowed(settings.data);
  const auto found = std::ranges::find(allowed.entries, name, &AllowList::Entry::name);
  if (found != allowed.entries.end()) return *found;
  throw Failure(Exit::usage, fmt::format("no key has the name {}: `catlog bus-keys list` shows which there are", name));
}

class BusKeys : public Subcommand {
 public:
  explicit BusKeys(Syntax parent)
      : Subcommand(
            parent.subcommand("bus-keys", "Who may use the bus: names, their roles, public keys and local users")) {
    syntax().needs_subcommand();
    syntax().footer(
        "A running catlogd takes it over within a second. Example: catlog bus-keys new tmdb-sync --role producer");
    new_.emplace(
        syntax().subcommand("new", "Make a key pair, and allow its public key; the secret one goes to a file"));
    name_of(*new_);
    role_of(*new_, "--role", "What it may do").required();
    into_of(*new_);
    rotate_.emplace(
        syntax().subcommand("rotate", "Make another key pair for a name; the one before goes on until revoke"));
    name_of(*rotate_);
    into_of(*rotate_);
    revoke_.emplace(syntax().subcommand("revoke", "Allow a name nothing any more, or its keys but the newest"));
    name_of(*revoke_);
    revoke_->flag("--older", is_older_only_, "All its keys but the newest");
    change_.emplace(syntax().subcommand("role", "Give a name another role"));
    name_of(*change_);
    role_of(*change_, "role", "What it may do").required();
    change_->footer("Example: catlog bus-keys role tmdb-sync admin");
    user_.emplace(syntax().subcommand("user", "Let a user of this machine stand for a name, as its keys do"));
    name_of(*user_);
    user_->option("user", local_user_, "The user, by name or number").required();
    role_of(*user_, "--role", "What it may do, where the name is new");
    user_->flag("--remove", is_removing_, "Takes the user away from the name");
    user_->footer("Example: catlog bus-keys user web www-data --role producer");
    list_.emplace(syntax().subcommand("list", "The names, a line each: name, role, how many keys, local users"));
    list_->footer("Example: catlog bus-keys list");
    server_.emplace(syntax().subcommand("server", "The daemon's public key, which clients must know"));
    server_->footer("Example: catlog bus-keys server");
  }

  Exit run(const Settings& settings) override {
    if (!fs::exists(settings.data.root))
      throw Failure(Exit::usage, fmt::format("there is no data directory {}: {}", settings.data.root.string(),
                                             advice_to_start(settings)));
    if (new_->is_given()) return make(settings);
    if (rotate_->is_given()) return rotate(settings);
    if (revoke_->is_given()) return revoke(settings);
    if (change_->is_given()) return change_role(settings);
    if (user_->is_given()) return change_user(settings);
    if (list_->is_given()) return list(settings);
    show("{}\n", keys::server_keys(settings.data).public_key);
    return Exit::ok;
  }

 private:
  void name_of(Syntax syntax) {
    syntax.option("name", name_, "The name, which events tell: letters, digits, '-', '_' and '.'").required();
    syntax.footer("Example: catlog bus-keys rotate tmdb-sync --into tmdb-sync-2.key");
  }
  void into_of(Syntax syntax) {
    syntax.option("--into", into_, "The file for the secret key (default: NAME.key in this folder)");
  }

  Option role_of(Syntax syntax, const char* option, const std::string& about) {
    return syntax.option(option, role_, about + ": producer, subscriber, auditor or admin")
        .one_of({"producer", "subscriber", "auditor", "admin"});
  }

  void check_name() const {
    if (!AllowList::is_name(name_))
      throw Failure(Exit::usage,
                    fmt::format("a key's name has at most {} letters, digits, '-', '_' and '.', and begins "
                                "with a letter or digit",
                                AllowList::max_name_bytes));
  }

  // Of a name that was checked.
  std::string unused_key_file() const {
    std::string file = name_ + ".key";
    for (unsigned number = 2; fs::exists(file); ++number) file = fmt::format("{}-{}.key", name_, number);
    return file;
  }

  Exit make(const Settings& settings) {
    check_name();
    if (fs::exists(keys::allowed_folder(settings.data) / name_))
      throw Failure(Exit::usage, fmt::format("{} has a key: `catlog bus-keys rotate {} --into {}` makes another", name_,
                                             name_, unused_key_file()));
    allow(settings, {name_, role_named(role_), {}, {}});
    return Exit::ok;
  }

  Exit rotate(const Settings& settings) {
    allow(settings, entry_named(settings, name_));
    tell("{}\n",
         with_data(settings, fmt::format("the key before goes on, until `catlog bus-keys revoke {} --older`", name_)));
    return Exit::ok;
  }

  // The secret key is somewhere before its public one is allowed.
  void allow(const Settings& settings, AllowList::Entry entry) const {
    const fs::path file = into_.empty() ? fs::path(name_ + ".key") : into_;
    const keys::KeyFile key{name_, events::new_key_pair(), keys::server_keys(settings.data).public_key};
    keys::write_key_file(file, key);
    entry.public_keys.push_back(key.own.public_key);
    keys::write_allowed(settings.data, entry);
    tell("{}: the secret key of {}, {}; give it to who is to use it, and to nobody else\n", file.string(), name_,
         events::name_of(entry.role));
  }

  Exit change_role(const Settings& settings) const {
    auto entry = entry_named(settings, name_);
    entry.role = role_named(role_);
    keys::write_allowed(settings.data, entry);
    return Exit::ok;
  }

  Exit change_user(const Settings& settings) const {
    check_name();
    const auto number = store::user_named(local_user_);
    if (!number) throw Failure(Exit::usage, fmt::format("this machine knows no user {}", local_user_));
    const bool is_new = !fs::exists(keys::allowed_folder(settings.data) / name_);
    if (is_new && (role_.empty() || is_removing_))
      throw Failure(Exit::usage, fmt::format("there is no name {}: say --role to make it", name_));
    auto entry = is_new ? AllowList::Entry{name_, role_named(role_), {}, {}} : entry_named(settings, name_);
    if (!role_.empty()) entry.role = role_named(role_);
    std::erase(entry.users, std::to_string(*number));
    if (!is_removing_) entry.users.push_back(std::to_string(*number));
    keys::write_allowed(settings.data, entry);
    if (is_removing_) tell_of_users({local_user_});
    return Exit::ok;
  }

  static void tell_of_users(const std::vector<std::string>& users) {
    if (!users.empty())
      tell("user {} may what any local user may: the rights of the sockets' files and require-keys say what that is\n",
           fmt::join(users, ", "));
  }

  Exit revoke(const Settings& settings) const {
    if (!is_older_only_) {
      const auto allowed = keys::read_allowed(settings.data);
      if (!keys::remove_allowed(settings.data, name_))
        throw Failure(Exit::usage, fmt::format("no key has the name {}", name_));
      for (const auto& entry : allowed.entries)
        if (entry.name == name_) tell_of_users(entry.users);
      return Exit::ok;
    }
    auto entry = entry_named(settings, name_);
    if (entry.public_keys.size() > 1) entry.public_keys.erase(entry.public_keys.begin(), entry.public_keys.end() - 1);
    keys::write_allowed(settings.data, entry);
    return Exit::ok;
  }

  static Exit list(const Settings& settings) {
    const auto allowed = keys::read_allowed(settings.data);
    for (const auto& entry : allowed.entries)
      show("{} {} {} {}\n", entry.name, events::name_of(entry.role), entry.public_keys.size(),
           fmt::join(entry.users, ","));
    for (const auto& fault : allowed.faults) tell("{}\n", fault);
    return allowed.faults.empty() ? Exit::ok : Exit::refused;
  }

  std::optional<Syntax> new_, rotate_, revoke_, change_, user_, list_, server_;
  std::string name_, role_, local_user_;
  fs::path into_;
  bool is_older_only_ = false, is_removing_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_bus_keys(Syntax parent) { return std::make_unique<BusKeys>(parent); }

}  // namespace catlog::cli
