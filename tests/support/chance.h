#pragma once
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace catlog::tests {

// A number from the environment: how long a suite's long form is. Throws when it is none.
inline uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::stoull(text) : otherwise;
}

// What tests of random moments draw from. CATLOG_SEED repeats the draws; how threads and processes meet, nothing can.
class Chance {
 public:
  Chance() : seed_(from_environment("CATLOG_SEED", std::random_device()())), generator_(seed_) {}
  uint64_t seed() const { return seed_; }
  uint64_t up_to(uint64_t most) { return std::uniform_int_distribution<uint64_t>(0, most)(generator_); }
  std::mt19937_64& generator() { return generator_; }

 private:
  uint64_t seed_;
  std::mt19937_64 generator_;
};

}  // namespace catlog::tests
