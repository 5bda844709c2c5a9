#include "commandhandler/keys.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sodium.h>

#include "events/digest.h"
#include "events/error.h"

namespace catlog::commandhandler {
namespace {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

constexpr std::string_view sealed_prefix = "sealed:1:";
static_assert(sealing_key_bytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
constexpr size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t key_id_bytes = 8;
constexpr int most_destroyed = 4;  // of a user's keys, met one after the other
constexpr int base64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

SealingKey new_key(int64_t user_id) {
  auto id = random_bytes(key_id_bytes);
  return {{user_id, events::hex({bytes_of(id), id.size()})}, random_bytes(sealing_key_bytes)};
}

}  // namespace

Keys::Keys(fs::path directory, KeySharing* sharing)
    : directory_(std::move(directory)), sharing_(sharing), folder_(directory_), index_(directory_) {
  if (sodium_init() < 0) throw Failure(Exit::failure, "libsodium cannot be initialised");
}

// What cannot be kept is refused to whoever needs a key; met when the batch is written, it would end everybody's.
void Keys::require_folder() const {
  struct stat found {};
  if (::lstat(directory_.c_str(), &found) != 0) return;  // made by sync()
  const auto unusable = [&](std::string_view why) {
    return KeyDamaged(fmt::format("no key can be kept in {}: {}", directory_.string(), why));
  };
  if (::stat(directory_.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) throw unusable("it is no folder");
  if (::geteuid() != 0 && found.st_uid != ::geteuid()) throw unusable("it belongs to another user (chown it)");
  if (::access(directory_.c_str(), R_OK | W_OK | X_OK) != 0) throw unusable(std::strerror(errno));
}

std::optional<SealingKey> Keys::kept_key(int64_t user_id) {
  const auto id = index_.key_of(user_id);
  if (!id) return {};
  return folder_.read({user_id, *id});
}

// What the disk holds counts: a key that was destroyed or damaged there must not live on in memory.
SealingKey Keys::key_of(int64_t user_id) {
  if (const auto made = new_.find(user_id); made != new_.end()) return made->second;
  if (auto kept = kept_key(user_id)) return *kept;
  require_folder();
  return new_[user_id] = new_key(user_id);
}

// Before anything is sealed with it a majority has it: whoever leads next finds it with one of them.
SealingKey Keys::shared_key_of(int64_t user_id) try {
  for (int tried = 0; tried < most_destroyed; ++tried) {
    auto key = kept_key(user_id);
    if (!key) {
      require_folder();
      key = sharing_->find(user_id);
      if (!key) key = new_key(user_id);
      if (folder_.keep(*key) == KeyFolder::Kept::destroyed) continue;
      index_.add(key->name);
    }
    if (shared_.contains(key->name.id)) return *key;
    if (sharing_->share(*key) == KeyFolder::Kept::kept) {
      shared_.insert(key->name.id);
      return *key;
    }
    folder_.destroy(key->name);
  }
  throw KeyNotShared("other machines know this user's keys as destroyed; send the command again");
} catch (const events::StorageFull& full) {
  throw KeyNotShared(full.what());
} catch (const KeyDamaged&) {
  throw;
} catch (const Failure& failure) {  // a folder that is not ours: met here it is one command's trouble
  throw KeyNotShared(failure.what());
}

std::string Keys::seal(int64_t user_id, std::string_view text) {
  const SealingKey key = sharing_ ? shared_key_of(user_id) : key_of(user_id);
  std::string sealed(nonce_bytes + text.size() + tag_bytes, '\0');
  // The nonce follows from the text, so that the same text is the same again (decision 9).
  crypto_generichash(bytes_of(sealed), nonce_bytes, bytes_of(text), text.size(), bytes_of(key.bytes), key.bytes.size());
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + nonce_bytes, nullptr, bytes_of(text), text.size(),
                                             bytes_of(key.name.id), key.name.id.size(), nullptr, bytes_of(sealed),
                                             bytes_of(key.bytes));
  std::string encoded(sodium_base64_encoded_len(sealed.size(), base64), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), bytes_of(sealed), sealed.size(), base64);
  encoded.resize(std::strlen(encoded.c_str()));
  return fmt::format("{}{}:{}", sealed_prefix, key.name.id, encoded);
}

void Keys::sync() {
  for (const auto& [user_id, key] : new_) {
    folder_.keep(key);
    index_.add(key.name);
  }
  new_.clear();
}

std::string Keys::open(std::string_view sealed) {
  auto fail_open = [](const char* why) {
    return Failure(Exit::usage, fmt::format("this cannot be unsealed: {}", why));
  };
  size_t id_end = sealed_prefix.size() + key_id_bytes * 2;
  if (sealed.substr(0, sealed_prefix.size()) != sealed_prefix || sealed.size() <= id_end || sealed[id_end] != ':')
    throw fail_open("it is no sealed text");
  auto key_id = std::string(sealed.substr(sealed_prefix.size(), key_id_bytes * 2));
  auto encoded = sealed.substr(id_end + 1);
  std::string bytes(encoded.size(), '\0');
  size_t length = 0;
  if (sodium_base642bin(bytes_of(bytes), bytes.size(), encoded.data(), encoded.size(), nullptr, &length, nullptr,
                        base64) != 0 ||
      length < nonce_bytes + tag_bytes)
    throw fail_open("it is damaged");
  const auto name = index_.name_of(key_id);
  const auto key = name ? folder_.read(*name) : std::nullopt;
  if (!key) throw fail_open("its key is not in this folder");
  std::string text(length - nonce_bytes - tag_bytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(text), nullptr, nullptr, bytes_of(bytes) + nonce_bytes,
                                                 length - nonce_bytes, bytes_of(key_id), key_id.size(), bytes_of(bytes),
                                                 bytes_of(key->bytes)) != 0)
    throw fail_open("it is damaged, or was sealed with another key");
  return text;
}

}  // namespace catlog::commandhandler
