#pragma once
#include <functional>
#include <optional>

namespace catlog {

// A program that stays, from its beginning to its exit code: what reads its options, which may end it, and what it does
// then, which throws what ends it. `name`: a literal.
int run_program(const char* name, const std::function<std::optional<int>()>& read_options,
                const std::function<void()>& run);

// Whether SIGTERM or SIGINT was sent while they are blocked and nobody waits for them yet.
bool is_told_to_end();

}  // namespace catlog
