#pragma once
#include <cstdint>
#include <cstdlib>

#include "tests/support/chance.h"

// How far a suite of faults goes: every so many of the points that there are, or, in ops/soak, all of them.
namespace catlog::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;  // each point takes some times as long
#else
constexpr bool is_sanitized = false;
#endif

struct Sampling {
  // CATLOG_STRIDE; without it 1 when CATLOG_SOAK is set, else the short form's.
  uint64_t stride;
  // To be said before anything can fail.
  uint64_t seed = Chance().seed();

  explicit Sampling(uint64_t short_stride)
      : stride(from_environment("CATLOG_STRIDE",
                                std::getenv("CATLOG_SOAK") ? 1 : short_stride * (is_sanitized ? 3 : 1))) {}
  // The first point, counted from 0.
  uint64_t first() const { return seed % stride; }
};

// Of a property whose cases are long (OfSuite<FewCases>): rapidcheck reads this once. RC_PARAMS says otherwise.
struct FewCases {
  FewCases() {
    constexpr auto short_form = is_sanitized ? "max_success=13" : "max_success=40";
    ::setenv("RC_PARAMS", std::getenv("CATLOG_SOAK") ? "max_success=300" : short_form, 0);
  }
};

// Of one whose usual hundred cases take long under sanitizers (OfSuite<FewCasesSanitized>).
struct FewCasesSanitized {
  FewCasesSanitized() {
    if (is_sanitized && !std::getenv("CATLOG_SOAK")) ::setenv("RC_PARAMS", "max_success=33", 0);
  }
};

}  // namespace catlog::tests
