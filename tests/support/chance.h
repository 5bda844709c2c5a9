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

// One to three of its bytes are any bytes now.
inline std::string with_changed_bytes(std::string text, Chance& chance) {
  for (uint64_t changes = 1 + chance.up_to(2); changes > 0; --changes)
    text[chance.up_to(text.size() - 1)] = static_cast<char>(chance.up_to(255));
  return text;
}

}  // namespace catlog::tests
