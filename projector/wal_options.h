#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace catlog::projector {

constexpr uint64_t default_wal_limit_bytes = uint64_t{1} << 30;

struct WalOptions {
  // How large the live read model's WAL may become behind readers whose transactions do not end. Half of it is where
  // they begin to matter.
  uint64_t limit_bytes = default_wal_limit_bytes;
  size_t most_left_behind = 3;  // files with readers that never end, each as large as the read model and its WAL
  std::chrono::milliseconds look_every{1'000};
  std::chrono::milliseconds cut_when_idle_for{5'000};
  // Told once when readers begin to matter, with who it is and what comes of it, and once when that is over.
  std::function<void(const std::string&)> on_readers_in_the_way = [](const std::string&) {};
  std::function<void(const std::string&)> on_readers_gone = [](const std::string&) {};
  // Told of each file in the read model's folder that nobody needs, an old generation or what a killed process left,
  // and that cannot be removed: once. WalRoom tells it through the Generations that it is given.
  std::function<void(const std::string&)> on_not_removed = [](const std::string&) {};
};

}  // namespace catlog::projector
