#include "store/files/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <charconv>
#include <vector>

namespace catlog::store {

namespace {

// `look`: getpwnam_r or its like.
template <class Entry, class Number, class Look>
std::optional<Number> number_of(const std::string& name, Look look, Number Entry::*member) {
  Number number = 0;
  const char* end = name.data() + name.size();
  if (const auto [at, error] = std::from_chars(name.data(), end, number); error == std::errc() && at == end)
    return number;
  Entry entry{};
  Entry* found = nullptr;
  std::vector<char> buffer(size_t{1} << 10);
  while (look(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE) buffer.resize(buffer.size() * 2);
  if (!found) return {};
  return found->*member;
}

}  // namespace

std::optional<uid_t> user_named(const std::string& name) { return number_of(name, ::getpwnam_r, &passwd::pw_uid); }
std::optional<gid_t> group_named(const std::string& name) { return number_of(name, ::getgrnam_r, &group::gr_gid); }

}  // namespace catlog::store
