#pragma once
#include <string>

namespace catlog {

// The daemon's log lines, on stderr: time, level, words. Threads: any.
namespace daemon_log {
void begin();  // before the first line
void info(const std::string& words);
void warn(const std::string& words);
void error(const std::string& words);
}  // namespace daemon_log

}  // namespace catlog
