#pragma once
#include <string>

namespace catlog {

// The daemon's log, on stderr: a line each, of time, level and words, with what would drive a terminal taken out.
// Threads: any.
namespace daemon_log {
void begin();  // before the first line
void info(const std::string& words);
void warn(const std::string& words);
void error(const std::string& words);
}  // namespace daemon_log

}  // namespace catlog
