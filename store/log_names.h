#pragma once

// Names within a log's directory that more than one file of this room uses. Private to it.
namespace catlog::store {

constexpr const char* writer_lock = "writer.lock";
constexpr const char* log_writer = "the writer of the log";  // for messages
constexpr const char* log_being_converted = "converted";     // a folder: the copy in another format, until it is whole

}  // namespace catlog::store
