#include "events/bus/allow_list.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <zmq.h>

#include "events/error.h"

namespace catlog::events {
namespace {

constexpr std::string_view z85_digits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr PeerRole listed_roles[] = {PeerRole::producer, PeerRole::subscriber, PeerRole::auditor, PeerRole::admin};

bool is_plain(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view without_space(std::string_view text) {
  constexpr std::string_view space = " \t\r";
  const size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) + 1 - first);
}

// Empty: the line was taken.
std::string take(std::string_view word, std::string_view value, AllowList::Entry& entry) {
  if (value.empty()) return fmt::format("`{}` says nothing", word);
  if (word == "role") {
    const auto* role = std::ranges::find_if(listed_roles, [&](PeerRole each) { return name_of(each) == value; });
    if (role == std::end(listed_roles)) return "`role` is producer, subscriber, auditor or admin";
    if (entry.role != PeerRole::stranger) return "a name has one role";
    entry.role = *role;
  } else if (word == "public-key") {
    if (!is_key(value)) return fmt::format("`public-key` is no key: {} characters of Z85", key_text_bytes);
    entry.public_keys.emplace_back(value);
  } else if (word == "user") {
    entry.users.emplace_back(value);
  } else {
    return "a line begins with role, public-key or user";
  }
  return {};
}

}  // namespace

bool may(PeerRole role, Doing doing) {
  if (role == PeerRole::node || doing == Doing::share) return role == PeerRole::node && doing == Doing::share;
  const bool is_sending = doing == Doing::send || doing == Doing::serve;
  switch (role) {
    case PeerRole::stranger:
      return false;
    case PeerRole::anyone:
      return doing != Doing::serve;
    case PeerRole::producer:
      return is_sending || doing == Doing::wait;
    case PeerRole::local:
    case PeerRole::subscriber:
    case PeerRole::auditor:
      return !is_sending;
    case PeerRole::admin:
    case PeerRole::node:
      return true;
  }
  return false;
}

std::string why_not(const Peer& peer, Doing doing) {
  if (may(peer.role, doing)) return {};
  if (peer.role == PeerRole::stranger)
    return "your key is not on the daemon's list any more; ask whoever runs it for another";
  const bool is_sending = doing == Doing::send || doing == Doing::serve;
  if (peer.role == PeerRole::anyone)
    return "any account of the machine may come here, so a command names the user for whom it is sent (actor.userId); "
           "a service sends over run/commands.ipc, or with a key where the daemon asks for one (--require-keys)";
  if (peer.role == PeerRole::local)
    return "your user is not on the daemon's list, so it sends no commands; ask whoever runs it "
           "(catlog bus-keys user)";
  return fmt::format("the role {} may not {}; ask whoever runs the daemon for a key of a {}", name_of(peer.role),
                     is_sending ? "send commands" : "read the log", is_sending ? "producer" : "subscriber");
}

std::string_view name_of(PeerRole role) {
  constexpr std::array<std::string_view, 8> names{"stranger",   "local",   "anyone", "producer",
                                                  "subscriber", "auditor", "admin",  "node"};
  return names.at(static_cast<size_t>(role));
}

bool is_key(std::string_view text) {
  return text.size() == key_text_bytes && text.find_first_not_of(z85_digits) == std::string_view::npos;
}

KeyPair new_key_pair() {
  std::array<char, key_text_bytes + 1> of_all{}, of_one{};
  if (::zmq_curve_keypair(of_all.data(), of_one.data()) != 0)
    throw Failure(Exit::failure, "this machine's ZeroMQ was built without keys (CURVE): install Debian's libzmq5");
  return {of_all.data(), of_one.data()};
}

std::string public_key_of(const std::string& secret_key) {
  std::array<char, key_text_bytes + 1> text{};
  if (!is_key(secret_key) || ::zmq_curve_public(text.data(), secret_key.c_str()) != 0)
    throw Failure(Exit::failure, fmt::format("this is no secret key: {} characters of Z85", key_text_bytes));
  return text.data();
}

// What a file has behind its name while it is written.
constexpr std::string_view unfinished = ".new";

bool AllowList::is_name(std::string_view text) {
  return !text.empty() && text.size() <= max_name_bytes && is_plain(text.front()) && !text.ends_with(unfinished) &&
         std::ranges::all_of(text, [](char c) { return is_plain(c) || c == '-' || c == '_' || c == '.'; });
}

std::expected<AllowList::Entry, std::string> AllowList::parse(std::string name, std::string_view text) {
  if (!is_name(name)) return std::unexpected("its name is none that a key can have");
  if (text.size() > max_entry_bytes) return std::unexpected(fmt::format("it is longer than {} bytes", max_entry_bytes));
  Entry entry{std::move(name), PeerRole::stranger, {}, {}};
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = without_space(text.substr(0, text.find('\n')));
    text.remove_prefix(
        std::min(text.size(), text.find('\n') == std::string_view::npos ? text.size() : text.find('\n') + 1));
    if (line.empty() || line.front() == '#') continue;
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    if (const auto fault = take(line.substr(0, end), without_space(line.substr(end)), entry); !fault.empty())
      return std::unexpected(fmt::format("line {}: {}", number, fault));
  }
  if (entry.role == PeerRole::stranger)
    return std::unexpected("it says no role: producer, subscriber, auditor or admin");
  return entry;
}

AllowList::AllowList(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    for (const auto& key : entry.public_keys) keys_.emplace(key, Peer{entry.role, entry.name});
    for (const auto& user : entry.users) users_.emplace(user, Peer{entry.role, entry.name});
  }
}

const Peer& AllowList::find(const Peers& peers, std::string_view proof) {
  static const Peer stranger;
  const auto found = peers.find(proof);
  return found != peers.end() ? found->second : stranger;
}

bool AllowList::keeps_all_of(const AllowList& earlier) const {
  const auto keeps = [](const Peers& now, const Peers& then) {
    return std::ranges::all_of(then, [&](const auto& each) { return find(now, each.first).role == each.second.role; });
  };
  return keeps(keys_, earlier.keys_) && keeps(users_, earlier.users_);
}

bool AllowList::ends_following_of(const AllowList& earlier) const {
  return std::ranges::any_of(users_, [&](const auto& each) {
    const PeerRole before = earlier.by_user(each.first).role;
    return !may(each.second.role, Doing::follow) && (before == PeerRole::stranger || may(before, Doing::follow));
  });
}

}  // namespace catlog::events
