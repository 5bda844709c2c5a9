#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace catlog::tests {

// Commands over few titles, users, lists and sources, so that they meet often: most are sound by themselves, many are
// refused for what is there, some are wrong. Everything, ids too, follows from the seed. Without Trakt links, whose
// sealed tokens follow from random keys.
class RandomCommands {
 public:
  explicit RandomCommands(uint64_t seed) : random_(seed) {}
  // One as JSON with its id: sometimes a batch, sometimes one that was made before, with its id.
  std::string next();
  // Neither a batch nor one that was made before.
  std::string single();
  std::string batch(size_t commands);
  uint64_t below(uint64_t end) { return std::uniform_int_distribution<uint64_t>(0, end - 1)(random_); }

 private:
  std::string content();
  std::string about_titles();
  std::string about_sources();
  std::string about_users();
  std::string about_lists();
  std::string new_id();
  std::string id_in(uint64_t count) { return std::to_string(1 + below(count)); }

  std::mt19937_64 random_;
  uint64_t ids_ = 0;
  std::vector<std::string> made_;
};

}  // namespace catlog::tests
