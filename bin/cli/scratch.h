#pragma once
#include <filesystem>

namespace catlog::cli {

// A folder to build in: the one that is wanted, or, for who may not write there, a temporary one that goes with this
// object. Throws Failure(failure) when there is neither.
class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& wanted);
  Scratch(const Scratch&) = delete;
  ~Scratch();
  const std::filesystem::path& path() const { return temporary_.empty() ? wanted_ : temporary_; }

 private:
  std::filesystem::path wanted_, temporary_;  // temporary_: or empty
};

}  // namespace catlog::cli
