#pragma once
#include <string>

namespace catlog {

// The daemon's log, on stderr: a line each, of time, level and words; as JSON an object a line, with the thread too,
// which has its loop's name. What would drive a terminal is taken out, or in JSON an escape.
// Threads: any, once set_up has returned.
namespace daemon_log {
enum class Form { text, json };
enum class Least { info, warn, error };  // what is said; what is less is not
void begin();                            // before the first line: text, all of it
void set_up(Form form, Least least);
void info(const std::string& words);
void warn(const std::string& words);
void error(const std::string& words);
}  // namespace daemon_log

}  // namespace catlog
