#include "tests/support/command_lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/support/data_directory.h"

namespace catlog::tests {
namespace {

constexpr size_t first_movie = 5'000'000;

std::string numbered(size_t number, const std::string& command) {
  return fmt::format(R"({{"id":"01950000-0000-7000-8000-{:012x}",{}}})", number, command);
}

std::string put_movie(size_t movie_id) {
  return fmt::format(
      R"("putMovie":{{"tmdbId":{0},"title":"Film {0}","overview":"Größe {0}","releaseDate":"2001-02-03",)"
      R"("poster":"","backdrop":"","genres":[{{"tmdbId":16}}],"popularity":1.5,"rating":5}})",
      movie_id);
}

std::string rate_movie(size_t movie_id, size_t rating) {
  return fmt::format(R"("rateMovie":{{"movie":{{"tmdbId":{}}},"popularity":{},"rating":7}})", movie_id, rating + 2);
}

std::string command_at(size_t i, size_t count) {
  const size_t movie_id = first_movie + i / 3, earlier = first_movie + i / 7;
  if (i == 0) return numbered(i, R"("putGenre":{"tmdbId":16,"name":"Animation"})");
  if (i == 1) return numbered(i, put_movie(first_movie));
  if (i % 60 == 59)
    return numbered(
        i, fmt::format(R"("batch":{{"commands":[{},{}]}})", numbered(count + 2 * i, put_movie(movie_id + count)),
                       numbered(count + 2 * i + 1, rate_movie(movie_id + count, i))));
  return numbered(i, i % 3 == 0 ? put_movie(movie_id) : rate_movie(earlier, i));
}

void add_lines(const std::string& text, std::vector<std::string>& lines) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

std::vector<std::string> many_commands(size_t count) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < count; ++i) lines.push_back(command_at(i, count));
  return lines;
}

std::vector<std::string> demo_and_many_commands(const std::filesystem::path& source, size_t count) {
  std::vector<std::string> lines;
  for (const auto& file : demo_files(source)) add_lines(read_text(file), lines);
  for (auto& line : many_commands(count)) lines.push_back(std::move(line));
  return lines;
}

std::string wide_put_movie(size_t number) {
  constexpr size_t overview_bytes = 9'000;
  return fmt::format(
      R"({{"id":"01980000-0000-7000-8000-{0:012x}","putMovie":{{"tmdbId":{0},"title":"Film {0}","overview":"{1}",)"
      R"("releaseDate":"2001-02-03","poster":"","backdrop":"","popularity":1.5,"rating":5}}}})",
      number, std::string(overview_bytes, 'x'));
}

}  // namespace catlog::tests
