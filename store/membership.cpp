#include "store/membership.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "events/error.h"
#include "store/files/durable_file.h"
#include "store/files/own_file.h"

namespace catlog::store {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t max_membership_bytes = 4'096;

}  // namespace

std::filesystem::path membership_file(const std::filesystem::path& data) { return data / membership_name; }

std::optional<std::string> membership(const std::filesystem::path& data) {
  const auto file = membership_file(data);
  const auto text = read_own_file(file, max_membership_bytes);
  if (!text && text.error().error == ENOENT) return {};
  if (!text) throw Failure(Exit::failure, text.error().sentence);
  std::string name = text->substr(0, text->find('\n'));
  const bool is_printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
  if (name.empty() || !is_printable)
    throw Failure(Exit::damaged,
                  fmt::format("{} names no cluster: write the name of the one that this directory is of, "
                              "or remove the file where it is of none",
                              file.string()));
  return name;
}

void check_membership(const std::filesystem::path& data, const std::string& cluster) {
  const auto of = membership(data);
  if (!of || *of == cluster) return;
  throw Failure(
      Exit::usage,
      fmt::format("{0} is of a node of the cluster {1}, and what {2} wrote there would not be the cluster's: start "
                  "catlogd-cluster with --cluster {1} and the options beside it; or, for the directory to leave that "
                  "cluster for good, remove the file {3}",
                  data.string(), *of, cluster.empty() ? std::string("one machine alone") : "the cluster " + cluster,
                  membership_file(data).string()));
}

void set_membership(const std::filesystem::path& data, const std::string& cluster) {
  if (membership(data) != cluster) write_durably(membership_file(data), cluster + '\n', shared_file);
}

}  // namespace catlog::store
