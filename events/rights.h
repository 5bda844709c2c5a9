#pragma once
#include <cerrno>

namespace catlog::events {

// Behind the words of a system call's error: where to read on when it is one of rights; else nothing.
inline const char* hint_at(int error) {
  return error == EACCES || error == EPERM ? " (ops/RUNBOOK.md, \"Who may what\")" : "";
}

}  // namespace catlog::events
