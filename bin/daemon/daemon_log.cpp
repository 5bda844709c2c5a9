#include "bin/daemon/daemon_log.h"

#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <string_view>

#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "events/text/printable.h"

namespace catlog::daemon_log {

namespace {

Form form = Form::text;  // of the program's one log; written before there is a second thread

std::string thread_name() {
  std::array<char, 16> name{};
  return ::pthread_getname_np(::pthread_self(), name.data(), name.size()) == 0 ? name.data() : "";
}

std::string to_json_line(std::string_view level, const std::string& words) {
  std::string line = R"({"time":")" + events::to_rfc3339(events::now_us()) + R"(","level":")";
  line.append(level).append(R"(","thread":)");
  events::write_json_text(thread_name(), line);
  line += R"(,"message":)";
  events::write_json_text(words, line);
  return line + '}';
}

void say(spdlog::level::level_enum level, std::string_view name, const std::string& words) {
  if (!spdlog::should_log(level)) return;
  spdlog::log(level, "{}", form == Form::json ? to_json_line(name, words) : events::printable(words));
}

}  // namespace

void begin() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("catlogd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

void set_up(Form wanted, Least least) {
  form = wanted;
  if (form == Form::json) spdlog::set_pattern("%v");
  spdlog::set_level(least == Least::info   ? spdlog::level::info
                    : least == Least::warn ? spdlog::level::warn
                                           : spdlog::level::err);
}

void info(const std::string& words) { say(spdlog::level::info, "info", words); }
void warn(const std::string& words) { say(spdlog::level::warn, "warning", words); }
void error(const std::string& words) { say(spdlog::level::err, "error", words); }

}  // namespace catlog::daemon_log
