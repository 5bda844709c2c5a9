#pragma once

namespace catlog {

// Opens /dev/null in place of each of stdin, stdout and stderr that whoever started this process has closed. The next
// file that is opened would get its number otherwise, and what is printed would be written into it. To be called first.
void open_standard_streams() noexcept;

// What this process makes from now on is nothing to other users, whatever the umask was.
void close_to_others() noexcept;

}  // namespace catlog
