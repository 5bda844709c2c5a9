#include "bin/service/log_options.h"

#include "bin/command_line.h"
#include "bin/service/daemon_log.h"

namespace catlog {

void add_log_options(Syntax& syntax, LogOptions& options) {
  syntax.option("--log-format", options.format, "how log lines are written: text, or json, an object a line")
      .one_of({"text", "json"})
      .shows_default();
  syntax.option("--log-level", options.level, "the least that is said in the log: info, warning or error")
      .one_of({"info", "warning", "error"})
      .shows_default();
}

void set_up_log(const LogOptions& options) {
  using daemon_log::Least;
  daemon_log::set_up(options.format == "json" ? daemon_log::Form::json : daemon_log::Form::text,
                     options.level == "error"     ? Least::error
                     : options.level == "warning" ? Least::warn
                                                  : Least::info);
}

}  // namespace catlog
