#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "bin/torrent/scrape/scraper.h"

namespace catlog::scrape {

namespace {

constexpr size_t numbers_a_line = 7;

// A line: the hash, then numbers. Nothing: it is none of ours.
std::optional<std::array<int64_t, numbers_a_line>> numbers_in(std::string_view line) {
  std::array<int64_t, numbers_a_line> numbers{};
  for (auto& number : numbers) {
    if (!line.starts_with(' ')) return {};
    const auto [end, fault] = std::from_chars(line.data() + 1, line.data() + line.size(), number);
    if (fault != std::errc() || number < 0) return {};
    line.remove_prefix(static_cast<size_t>(end - line.data()));
  }
  if (!line.empty()) return {};
  return numbers;
}

std::string line_of(std::string_view hex, const Plan& plan) {
  return fmt::format("{} {} {} {} {} {} {} {}\n", hex, plan.due_us, plan.interval_us, plan.seen.seeds, plan.seen.peers,
                     plan.told.seeds, plan.told.peers, plan.told_us);
}

uint32_t count(int64_t number) { return static_cast<uint32_t>(std::min<int64_t>(number, most_believed)); }

}  // namespace

// What was read and is not followed yet is as good as what is.
std::string Scraper::text() const {
  std::string text;
  for (const auto& [hash, source] : sources_)
    if (source.plan.due_us != 0) text += line_of(source.hex, source.plan);
  for (const auto& [hex, plan] : remembered_) text += line_of(hex, plan);
  return text;
}

void Scraper::read(std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto hex = line.substr(0, line.find(' '));
    const auto numbers = numbers_in(line.substr(hex.size()));
    if (!numbers || !hash_of(hex)) continue;
    const auto [due, interval, seeds, peers, told_seeds, told_peers, told] = *numbers;
    remembered_[std::string(hex)] = {due,
                                     std::clamp(interval, shortest_us, longest_us),
                                     {count(seeds), count(peers)},
                                     {count(told_seeds), count(told_peers)},
                                     told};
  }
}

}  // namespace catlog::scrape
