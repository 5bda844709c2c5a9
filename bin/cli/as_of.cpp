#include "bin/cli/as_of.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/text/datetime.h"
#include "projector/rebuild/as_of_cache.h"
#include "projector/rebuild/rebuild.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;
using events::Position;

int64_t time_named(const std::string& text) {
  const auto time = events::parse_rfc3339(events::is_date(text) ? text + "T00:00:00Z" : text);
  if (!time) throw Failure(Exit::usage, fmt::format("{} is no time such as 2026-11-01T00:00:00Z, and no date", text));
  return *time;
}

Position position_as_of(const store::Log& log, const std::string& as_of) {
  Position position = 0;
  const char* end = as_of.data() + as_of.size();
  auto [read_to, error] = std::from_chars(as_of.data(), end, position);
  if (error == std::errc() && read_to == end) {
    if (position <= log.head()) return position;
    throw Failure(Exit::usage, fmt::format("the log ends at position {}", log.head()));
  }
  const int64_t time_us = time_named(as_of);
  position = projector::position_as_of(log, time_us);
  if (time_us > events::now_us()) tell("{} is still to come; the log ends at position {} now\n", as_of, position);
  return position;
}

AsOfFile::AsOfFile(const Settings& settings, const store::Log& log, const projector::Quarantine& quarantine,
                   Position position) {
  const projector::AsOfCache cache(settings.data.read_model() / "as-of");
  if (cache.is_writable()) {
    path_ = cache.file(log, quarantine, position);
    return;
  }
  std::string name = std::filesystem::temp_directory_path() / "catlog-as-of-XXXXXX";
  if (!::mkdtemp(name.data()))
    throw Failure(Exit::failure, fmt::format("cannot make a folder {}: {}", name, std::strerror(errno)));
  temporary_ = name;
  path_ = temporary_ / "as-of.sqlite";
  projector::build_file(log, quarantine, path_, position);
}

AsOfFile::~AsOfFile() { remove_temporary(); }

void AsOfFile::remove_temporary() noexcept {
  std::error_code ignored;
  if (!temporary_.empty()) std::filesystem::remove_all(temporary_, ignored);
}

}  // namespace catlog::cli
