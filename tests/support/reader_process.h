#pragma once
#include <sys/types.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "projector/sqlite/sqlite.h"
#include "tests/support/child_process.h"

namespace catlog::tests {

// Another process that reads a SQLite file. Make it before an LMDB environment is opened (ChildProcess).
class ReaderProcess {
 public:
  explicit ReaderProcess(std::filesystem::path file)
      : process_([file = std::move(file)](const ChildProcess::Line& line) {
          while (line.hear()) {
            projector::Database database(file, projector::Open::read);
            const projector::Transaction snapshot(database, projector::Transaction::Kind::read);
            line.tell();
            if (!line.hear()) break;
          }
          return 0;
        }) {}
  // Opens the file that has the name now, and a transaction on it.
  void begin() const {
    process_.line().tell();
    if (!process_.line().hear()) throw std::runtime_error("the reader is gone");
  }
  // Kills it: then nothing of it is open.
  void end() { process_.kill(); }
  pid_t pid() const { return process_.pid(); }

 private:
  ChildProcess process_;
};

}  // namespace catlog::tests
