#pragma once
#include <cstdint>
#include <cstdlib>
#include <random>

// How far a suite of faults goes: every so many of the points that there are, or, in ops/soak, all of them.
namespace catlog::tests {

struct Sampling {
  // CATLOG_STRIDE; without it 1 when CATLOG_SOAK is set, else the short form's.
  uint64_t stride;
  // CATLOG_SEED or a new one; to be said before anything can fail.
  uint64_t seed;

  explicit Sampling(uint64_t short_stride)
      : stride(number("CATLOG_STRIDE", std::getenv("CATLOG_SOAK") ? 1 : short_stride)),
        seed(number("CATLOG_SEED", std::random_device()())) {}
  // The first point, counted from 0.
  uint64_t first() const { return seed % stride; }

 private:
  static uint64_t number(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
  }
};

}  // namespace catlog::tests
