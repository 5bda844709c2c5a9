#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::events {

// What a peer of the bus is to it (events/PROTOCOL.md, "Keys and roles").
enum class PeerRole : uint8_t {
  stranger,  // nobody: unknown, or not any more
  local,     // a user of this machine whom the list does not name, while keys are asked for
  anyone,    // some account of this machine, while no keys are asked for: nothing is proven
  producer,
  subscriber,
  auditor,
  admin,
  node,  // another machine of the cluster, which has the daemon's own key
};

// What a role may let a peer do.
enum class Doing : uint8_t {
  send,    // commands, on behalf of whom they say
  serve,   // send commands that name no user: a service's
  follow,  // the feed
  replay,
  status,  // of the log
  wait,    // until SQL has what a receipt named
  share,   // what the machines of a cluster tell each other
};

bool may(PeerRole role, Doing doing);
struct Peer;
// Why this peer may not, and what to do about it; empty: it may.
std::string why_not(const Peer& peer, Doing doing);
// "producer"; for people also "stranger", "local" and "anyone".
std::string_view name_of(PeerRole role);

struct Peer {
  PeerRole role = PeerRole::stranger;
  std::string name;  // what its events say of who sent them; empty: nothing
};

// A key in Z85 (rfc.zeromq.org/spec/32).
constexpr size_t key_text_bytes = 40;
bool is_key(std::string_view text);

struct KeyPair {
  std::string public_key, secret_key;
};
KeyPair new_key_pair();
// Throws Failure(failure) for what is no key; never says what it was.
std::string public_key_of(const std::string& secret_key);

// Who may use the bus: a name each, with a role, and with the public keys or the users of this machine that stand for
// it. A value that does not change.
class AllowList {
 public:
  struct Entry {
    std::string name;
    PeerRole role = PeerRole::stranger;
    std::vector<std::string> public_keys, users;  // users: numbers, or names that the reader of the file resolves
  };
  static constexpr size_t max_name_bytes = 64, max_entry_bytes = 4'096;
  // Letters, digits, '-', '_' and '.', beginning with a letter or digit and not ending in ".new".
  static bool is_name(std::string_view text);
  // What a file of the allow-list says. Lines of a word and a value; empty ones, and those that begin with '#', say
  // nothing. Otherwise a sentence about what is wrong, which quotes no key.
  static std::expected<Entry, std::string> parse(std::string name, std::string_view text);

  AllowList() = default;
  // Where two entries have the same key or user, the first counts.
  explicit AllowList(const std::vector<Entry>& entries);

  // The stranger for what is not on the list.
  const Peer& by_key(std::string_view public_key) const { return find(keys_, public_key); }
  const Peer& by_user(std::string_view number) const { return find(users_, number); }
  size_t size() const { return keys_.size() + users_.size(); }
  bool has_keys() const { return !keys_.empty(); }
  // Whether everybody whom `earlier` names is named here as well, in the same role.
  bool keeps_all_of(const AllowList& earlier) const;
  // Whether a user of this machine may not follow by it who may have by `earlier`, where also who is not named may.
  bool ends_following_of(const AllowList& earlier) const;

 private:
  using Peers = std::map<std::string, Peer, std::less<>>;
  static const Peer& find(const Peers& peers, std::string_view proof);
  Peers keys_, users_;
};

}  // namespace catlog::events
