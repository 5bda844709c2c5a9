#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace catlog::events {
class Message;
}

namespace catlog::tests {

// A catalogue with some things in it that judges commands, shows what became of them, and forgets it.
class Judging {
 public:
  // The same for all targets.
  static Judging& shared();
  ~Judging();
  // Decides them as one batch, of which nothing is written; the numbers of those that were not refused. Throws Broken
  // for a receipt that says too little, for an event that cannot be published, and for one that the read model refuses:
  // that would stop it for everybody.
  std::vector<size_t> judge(std::span<const events::Message> commands);

 private:
  Judging();
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace catlog::tests
