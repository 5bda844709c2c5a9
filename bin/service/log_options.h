#pragma once
#include <string>

namespace catlog {

class Syntax;

// How a program that stays writes its log.
struct LogOptions {
  std::string format = "text", level = "info";
};
void add_log_options(Syntax& syntax, LogOptions& options);
void set_up_log(const LogOptions& options);

}  // namespace catlog
