#pragma once

// What a program says when reading ends it: LMDB and SQLite trust their files, and a page that lies, or is cut off, can
// end the process that reads it.
namespace catlog {

// From now on SIGSEGV and SIGBUS are told on stderr, with what to do, and end the process with Exit::damaged instead of
// a signal, so that nobody starts it again and again; and SIGXFSZ (a file may not grow) becomes an error of the write.
// `program`: a literal. Not where a sanitizer tells more.
void tell_last_words(const char* program);

// SIGSEGV and SIGBUS end this process as signals again: for one that another watches.
void end_by_signals();

}  // namespace catlog
