#pragma once
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace catlog::commandhandler {

// A sealing key's name, which is in its file's: whose it is, and its id of 16 hex digits.
struct KeyName {
  int64_t user_id = 0;
  std::string id;
  auto operator<=>(const KeyName&) const = default;
};
// "user-7-0123456789abcdef"
std::string to_text(const KeyName& name);
// Nothing for any other text: names come from other machines too.
std::optional<KeyName> parse_key_name(std::string_view text);

constexpr size_t sealing_key_bytes = 32;

struct SealingKey {
  KeyName name;
  std::string bytes;  // sealing_key_bytes of them
};

// The folder of the sealing keys: NAME.key holds a key, NAME.destroyed says that there was one and must be none again.
//
// Threads: any; several may keep and destroy at a time, in one process and in several. Throws StorageFull,
// Failure(failure) where it writes.
class KeyFolder {
 public:
  explicit KeyFolder(std::filesystem::path directory) : directory_(std::move(directory)) {}

  struct Names {
    std::set<KeyName> keys, destroyed;
    bool operator==(const Names&) const = default;
  };
  // A folder that is not there has none. Bytes of a key that lie beside its sign are removed, where that can be done.
  Names list() const;
  // Nothing: there is no such key, or not any more. Throws KeyDamaged.
  std::optional<SealingKey> read(const KeyName& name) const;
  enum class Kept { kept, destroyed };
  // Durable when it returns. destroyed: it was, so it is not kept. Throws KeyDamaged where another key has its name.
  Kept keep(const SealingKey& key) const;
  // For good, also when the key comes back by a copy: its bytes are removed, and the sign that it was is durable.
  // Whether there was a key.
  bool destroy(const KeyName& name) const;

  std::filesystem::path file_of(const KeyName& name) const;

 private:
  std::filesystem::path sign_of(const KeyName& name) const;
  bool remove(const KeyName& name) const;
  void try_to_remove(const KeyName& name) const;

  std::filesystem::path directory_;
};

}  // namespace catlog::commandhandler
