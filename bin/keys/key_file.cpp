#include "bin/keys/key_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "events/error.h"
#include "store/files/durable_file.h"

namespace catlog::keys {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t max_line_bytes = 256;

[[noreturn]] void fail_key_file(const std::filesystem::path& file, const std::string& what) {
  throw Failure(Exit::usage, fmt::format("the key file {} {}", file.string(), what));
}

}  // namespace

KeyFile read_key_file(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) fail_key_file(file, fmt::format("cannot be read: {}", std::strerror(errno)));
  if (!S_ISREG(found.st_mode)) fail_key_file(file, "is no file");
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    fail_key_file(file, "may be read or written by others: chmod 600 it, and make another key if they may have");
  std::ifstream lines(file);
  if (!lines) fail_key_file(file, fmt::format("cannot be read: {}", std::strerror(errno)));
  KeyFile key;
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > max_line_bytes) fail_key_file(file, "is none: `catlog bus-keys new NAME --role ROLE` makes one");
    const size_t space = line.find(' ');
    if (line.starts_with('#') || space == std::string::npos) continue;
    const std::string word = line.substr(0, space), value = line.substr(space + 1);
    if (word == "name") key.name = value;
    if (word == "public-key") key.own.public_key = value;
    if (word == "secret-key") key.own.secret_key = value;
    if (word == "server-key") key.server_key = value;
  }
  if (!events::is_key(key.own.secret_key) || !events::is_key(key.own.public_key) ||
      events::public_key_of(key.own.secret_key) != key.own.public_key ||
      (!key.server_key.empty() && !events::is_key(key.server_key)))
    fail_key_file(file, "holds no pair of keys: `catlog bus-keys new NAME --role ROLE` makes one");
  return key;
}

std::optional<events::ClientKeys> client_keys(const std::filesystem::path& file, const std::string& server_key,
                                              const std::string& endpoint) {
  if (file.empty()) {
    if (!server_key.empty())
      throw Failure(Exit::usage, "--server-key needs --key-file: `catlog bus-keys new NAME --role ROLE` makes one");
    return {};
  }
  const auto key = read_key_file(file);
  const std::string& server = server_key.empty() ? key.server_key : server_key;
  const bool is_known = events::is_key(server);
  if (!is_known && !events::ClientKeys::is_wanted_at(endpoint)) return {};
  if (!is_known)
    throw Failure(Exit::usage,
                  "the daemon's public key is not known: `catlog bus-keys server` there prints it, for "
                  "--server-key");
  return events::ClientKeys{server, key.own.public_key, key.own.secret_key};
}

void write_key_file(const std::filesystem::path& file, const KeyFile& key) {
  if (std::filesystem::exists(file)) fail_key_file(file, "is there already: name another with --into");
  std::string text = fmt::format(
      "# A key of catlog's bus. Whoever can read it can use the bus in this name.\nname {}\n"
      "public-key {}\nsecret-key {}\n",
      key.name, key.own.public_key, key.own.secret_key);
  if (!key.server_key.empty()) text += fmt::format("server-key {}\n", key.server_key);
  store::write_durably(file, text);
}

}  // namespace catlog::keys
