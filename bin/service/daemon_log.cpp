#include "bin/service/daemon_log.h"

#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <string_view>

#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "events/text/printable.h"

namespace catlog::daemon_log {

namespace {

std::string_view text_of(const spdlog::string_view_t& text) { return {text.data(), text.size()}; }

class TextLines : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    std::string line = events::to_local_rfc3339(events::now_us());
    line.append(" ").append(text_of(spdlog::level::to_string_view(message.level))).append(" ");
    line.append(events::printable(text_of(message.payload))).append("\n");
    to.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextLines>(); }
};

// Called in the thread that says something.
class JsonLines : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    std::array<char, 16> thread{};
    ::pthread_getname_np(::pthread_self(), thread.data(), thread.size());
    std::string line = R"({"time":")" + events::to_rfc3339(events::now_us()) + R"(","level":")";
    line.append(text_of(spdlog::level::to_string_view(message.level))).append(R"(","thread":)");
    events::write_json_text(thread.data(), line);
    line += R"(,"message":)";
    events::write_json_text(text_of(message.payload), line);
    line += "}\n";
    to.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonLines>(); }
};

}  // namespace

void begin() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("catlogd"));
  spdlog::set_formatter(std::make_unique<TextLines>());
}

void set_up(Form form, Least least) {
  if (form == Form::json) spdlog::set_formatter(std::make_unique<JsonLines>());
  spdlog::set_level(least == Least::info   ? spdlog::level::info
                    : least == Least::warn ? spdlog::level::warn
                                           : spdlog::level::err);
}

void info(const std::string& words) { spdlog::info("{}", words); }
void warn(const std::string& words) { spdlog::warn("{}", words); }
void error(const std::string& words) { spdlog::error("{}", words); }

}  // namespace catlog::daemon_log
