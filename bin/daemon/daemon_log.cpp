#include "bin/daemon/daemon_log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "events/text/printable.h"

namespace catlog::daemon_log {

void begin() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("catlogd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

void info(const std::string& words) { spdlog::info("{}", events::printable(words)); }
void warn(const std::string& words) { spdlog::warn("{}", events::printable(words)); }
void error(const std::string& words) { spdlog::error("{}", events::printable(words)); }

}  // namespace catlog::daemon_log
