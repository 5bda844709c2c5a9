#include "commandhandler/key_folder.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/rules/sealing.h"
#include "store/files/durable_file.h"
#include "store/files/own_file.h"

namespace catlog::commandhandler {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_start = "user-", key_end = ".key", sign_end = ".destroyed";
constexpr size_t key_id_digits = 16;
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr size_t max_key_file_bytes = 4'096;

// Of this process's threads one writes at a time: a file that is not whole yet has one name.
std::mutex writing;

// A name that cannot be looked up is there: who reads it says what is wrong.
bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::status(file, error).type() != fs::file_type::not_found;
}

// A sign that cannot be looked up is none.
bool is_certain(const fs::path& sign) {
  std::error_code error;
  return fs::exists(sign, error);
}

// The bytes of a key, whole and not whole yet.
std::array<fs::path, 2> whole_and_begun(const fs::path& file) {
  return {file, fs::path(file.string() + std::string(store::DurableFile::suffix))};
}

std::optional<KeyName> named(std::string_view file, std::string_view end) {
  if (!file.ends_with(end)) return {};
  return parse_key_name(file.substr(0, file.size() - end.size()));
}

}  // namespace

std::string to_text(const KeyName& name) { return fmt::format("{}{}-{}", name_start, name.user_id, name.id); }

std::optional<KeyName> parse_key_name(std::string_view text) {
  if (!text.starts_with(name_start)) return {};
  text.remove_prefix(name_start.size());
  KeyName name;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), name.user_id);
  const std::string_view rest = text.substr(static_cast<size_t>(stop - text.data()));
  if (error != std::errc() || rest.size() != 1 + key_id_digits || rest.front() != '-') return {};
  name.id = rest.substr(1);
  if (name.id.find_first_not_of(hex_digits) != std::string::npos) return {};
  return name;
}

fs::path KeyFolder::file_of(const KeyName& name) const { return directory_ / (to_text(name) + std::string(key_end)); }
fs::path KeyFolder::sign_of(const KeyName& name) const { return directory_ / (to_text(name) + std::string(sign_end)); }

KeyFolder::Names KeyFolder::list() const {
  Names names;
  std::set<KeyName> begun;
  const std::string begun_end = std::string(key_end) + std::string(store::DurableFile::suffix);
  std::error_code missing;  // as long as there is no key
  for (fs::directory_iterator at(directory_, missing); !missing && at != fs::directory_iterator();
       at.increment(missing)) {
    const std::string file = at->path().filename().string();
    if (auto key = named(file, key_end))
      names.keys.insert(std::move(*key));
    else if (auto of_begun = named(file, begun_end))
      begun.insert(std::move(*of_begun));
    else if (auto destroyed = named(file, sign_end))
      names.destroyed.insert(std::move(*destroyed));
  }
  for (const KeyName& destroyed : names.destroyed) {
    const bool is_key_there = names.keys.erase(destroyed) > 0;
    if (is_key_there || begun.contains(destroyed)) try_to_remove(destroyed);
  }
  return names;
}

// Whoever destroyed it was killed before it was removed, or a copy brought it back. Who only reads the folder, and may
// not write there, goes on.
void KeyFolder::try_to_remove(const KeyName& name) const try {
  const std::lock_guard lock(writing);
  remove(name);
} catch (const events::Failure&) {
} catch (const events::StorageFull&) {
}

bool KeyFolder::remove(const KeyName& name) const {
  bool was_there = false;
  for (const fs::path& file : whole_and_begun(file_of(name))) {
    std::error_code error;
    was_there |= fs::remove(file, error);
    if (error)
      throw events::Failure(events::Exit::failure, fmt::format("cannot remove {}: {}", file.string(), error.message()));
  }
  store::sync_path(directory_);
  return was_there;
}

std::optional<SealingKey> KeyFolder::read(const KeyName& name) const {
  if (is_certain(sign_of(name))) return {};
  const fs::path path = file_of(name);
  if (!is_there(path)) return {};
  auto bytes = store::read_own_file(path, max_key_file_bytes);
  if (!bytes && bytes.error().error == ENOENT) return {};
  if (!bytes && bytes.error().error != EFBIG)
    throw KeyDamaged(fmt::format("a key cannot be read: {}", bytes.error().sentence));
  if (!bytes || bytes->size() < sealing_key_bytes)
    throw KeyDamaged(
        fmt::format("the key file {} does not hold {} bytes; take it from a backup of keys/, or remove it "
                    "and lose what was sealed with it",
                    path.string(), sealing_key_bytes));
  return SealingKey{name, bytes->substr(0, sealing_key_bytes)};
}

// Whoever destroys writes the sign first and removes then; whoever keeps looks for the sign last. So one of both sees
// the other.
KeyFolder::Kept KeyFolder::keep(const SealingKey& key) const {
  const std::lock_guard lock(writing);
  if (is_certain(sign_of(key.name))) return Kept::destroyed;
  if (const auto there = read(key.name)) {
    if (there->bytes == key.bytes) return Kept::kept;
    throw KeyDamaged(fmt::format("another key has the name {}", to_text(key.name)));
  }
  store::make_directories(directory_, store::private_directory);
  std::error_code not_ours;                                     // then writing says so
  fs::permissions(directory_, fs::perms::owner_all, not_ours);  // of one that was copied here, too
  try {
    store::write_durably(file_of(key.name), key.bytes);
  } catch (const events::Failure&) {  // who destroys it takes away what is not whole yet, too
    if (!is_certain(sign_of(key.name))) throw;
  }
  if (!is_certain(sign_of(key.name))) return Kept::kept;
  remove(key.name);
  return Kept::destroyed;
}

bool KeyFolder::destroy(const KeyName& name) const {
  const std::lock_guard lock(writing);
  store::make_directories(directory_, store::private_directory);
  if (!is_certain(sign_of(name))) store::write_durably(sign_of(name), "");
  return remove(name);
}

}  // namespace catlog::commandhandler
