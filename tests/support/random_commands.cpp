#include "tests/support/random_commands.h"

#include <fmt/format.h>

#include "tests/support/commands.h"

namespace catlog::tests {
namespace {

constexpr uint64_t titles = 3, seasons = 2, users = 3, lists = 2, sources = 3, founding = 8;

const char* const names[] = {"\"One\"", "\"Two\"", "\"日本\"", "\" \""};
const char* const roles[] = {"\"guest\"", "\"user\"", "\"admin\"", "\"boss\""};
const char* const statuses[] = {"\"downloading\"", "\"completed\"", "\"seeding\"", "\"error\"", "\"paused\""};
const char* const languages[] = {"\"es\"", "\"es-MX\"", "\"de\"", "\"none\""};
const char* const severities[] = {"\"INFO\"", "\"WARNING\"", "\"CRITICAL\"", "null"};
const char* const seen_at[] = {"\"2026-01-01T00:00:00Z\"", "\"2026-02-01T00:00:00Z\""};

}  // namespace

std::string RandomCommands::new_id() { return fmt::format("00000000-0000-7000-8000-{:012x}", ++ids_); }

std::string RandomCommands::about_titles() {
  auto tmdb = static_cast<int64_t>(1 + below(titles)), number = static_cast<int64_t>(1 + below(seasons));
  auto movie = fmt::format("\"movie\":{{\"tmdbId\":{}}}", tmdb),
       show = fmt::format("\"tvShow\":{{\"tmdbId\":{}}}", tmdb);
  auto genres = below(2) == 0 ? std::string("[]") : fmt::format("[{{\"tmdbId\":{}}}]", 1 + below(titles));
  std::string name = names[below(std::size(names))], language = languages[below(std::size(languages))];
  switch (below(16)) {
    case 0:
      return movie_fields(tmdb).with("title", name).with("genres", genres).as("putMovie");
    case 1:
      return movie_fields(tmdb).with("title", name).with("rating", id_in(3)).as("putMovie");
    case 2:
      return fmt::format("{{\"rateMovie\":{{{},\"rating\":{}}}}}", movie, static_cast<int>(below(4)) - 1);
    case 3:
      return fmt::format("{{\"assignMovieGenres\":{{{},\"genres\":{}}}}}", movie, genres);
    case 4:
      return fmt::format("{{\"removeMovie\":{{{}}}}}", movie);
    case 5:
      return fmt::format("{{\"putMovieTranslation\":{{{},\"language\":{},\"title\":{},\"overview\":\"\"}}}}", movie,
                         language, name);
    case 6:
      return fmt::format("{{\"removeMovieTranslation\":{{{},\"language\":{}}}}}", movie, language);
    case 7:
      return tv_show_fields(tmdb).with("name", name).with("genres", genres).as("putTvShow");
    case 8:
      return fmt::format("{{\"removeTvShow\":{{{},\"withSeasons\":{}}}}}", show, below(2) == 0);
    case 9:
    case 10:
      return season_fields(number, tmdb).with("name", name).as("putSeason");
    case 11:
      return fmt::format("{{\"removeSeason\":{{\"season\":{}}}}}", season_ref(number, tmdb));
    case 12:
    case 13:
      return episode_fields(static_cast<int64_t>(1 + below(3)), number, tmdb).with("name", name).as("putEpisode");
    case 14:
      return genre_fields(tmdb).with("name", name).as("putGenre");
    default:
      return fmt::format("{{\"removeGenre\":{{\"genre\":{{\"tmdbId\":{}}}}}}}", tmdb);
  }
}

std::string RandomCommands::about_sources() {
  auto number = static_cast<int64_t>(1 + below(sources));
  auto source = fmt::format("\"source\":{}", source_ref(number)),
       storage = fmt::format("\"storage\":{}", source_ref(number));
  std::string seen = seen_at[below(std::size(seen_at))];
  switch (below(14)) {
    case 0:
    case 1:
      return source_fields(number, static_cast<int64_t>(1 + below(titles))).with("lastSeen", seen).as("addMovieSource");
    case 2:
      return fmt::format("{{\"observeSwarm\":{{{},\"seeds\":{},\"peers\":1,\"lastSeen\":{}}}}}", source, below(3),
                         seen);
    case 3:
      return fmt::format("{{\"removeMovieSource\":{{{}}}}}", source);
    case 4:
      return fmt::format("{{\"startDownload\":{{{}}}}}", source);
    case 5:
    case 6:
      return transfer_fields(static_cast<double>(below(4)) / 2, number)
          .with("status", statuses[below(std::size(statuses))])
          .with("downloaded", std::to_string(below(4)))
          .with(below(2) ? "totalSize" : "readable", std::to_string(1 + below(3)))
          .as("reportTransfer");
    case 7:
      return fmt::format("{{\"pauseDownload\":{{{}}}}}", storage);
    case 8:
      return fmt::format("{{\"resumeDownload\":{{{}}}}}", storage);
    case 9:
      return fmt::format("{{\"recheckDownload\":{{{}}}}}", storage);
    case 10:
      return fmt::format("{{\"failDownload\":{{{},\"reason\":\"r{}\"}}}}", storage, below(2));
    case 11:
      return fmt::format("{{\"touchStorage\":{{{}}}}}", storage);
    case 12:
      return fmt::format("{{\"correctMovieSource\":{{{},\"size\":{},\"title\":\"t{}\"}}}}", source, below(3), below(2));
    default:
      return fmt::format("{{\"removeStorage\":{{{},\"withData\":{}}}}}", storage, below(2) ? "true" : "false");
  }
}

std::string RandomCommands::about_users() {
  auto name = fmt::format("user{}", below(users));
  auto user = fmt::format("\"user\":{}", user_ref(name));
  auto token = fmt::format("hunter2-{}", below(4));
  switch (below(14)) {
    case 0:
    case 1:
      return user_fields(name).with("role", roles[below(std::size(roles))]).as("registerUser");
    case 2:
      return fmt::format("{{\"assignRole\":{{{},\"role\":{}}}}}", user, roles[below(std::size(roles))]);
    case 3:
      return fmt::format("{{\"changePassword\":{{{},\"passwordHash\":\"{}\"}}}}", user, bcrypt_text);
    case 4:
      return fmt::format("{{\"deactivateUser\":{{{}}}}}", user);
    case 5:
      return fmt::format("{{\"activateUser\":{{{}}}}}", user);
    case 6:
      return fmt::format("{{\"removeUser\":{{{}}}}}", user);
    case 7:
    case 8:
      return token_fields(name, token).with("expiresAt", seen_at[below(2)]).as("issueRefreshToken");
    case 9:
      return fmt::format("{{\"revokeRefreshToken\":{{\"token\":{{\"token\":\"{}\"}}}}}}", token);
    case 10:
      return fmt::format("{{\"expireRefreshTokens\":{{\"before\":{}}}}}", seen_at[below(2)]);
    case 11:
      return fmt::format("{{\"purgeAuditLogs\":{{\"before\":{},\"severity\":{}}}}}", seen_at[below(2)],
                         severities[below(std::size(severities))]);
    default:
      return fmt::format("{{\"recordAudit\":{{{},\"action\":\"LOGIN\",\"severity\":{}}}}}", user,
                         severities[below(std::size(severities))]);
  }
}

std::string RandomCommands::about_lists() {
  auto list = fmt::format("\"mediaList\":{{\"id\":{}}}", 1 + below(lists));
  auto title = fmt::format("\"{}\":{{\"tmdbId\":{}}}", below(2) == 0 ? "movie" : "tvShow", 1 + below(titles));
  switch (below(7)) {
    case 0:
      return list_fields().with("name", names[below(std::size(names))]).as("createMediaList");
    case 1:
      return fmt::format("{{\"reviseMediaList\":{{{},\"name\":{},\"description\":\"\"}}}}", list,
                         names[below(std::size(names))]);
    case 2:
      return fmt::format("{{\"removeMediaList\":{{{}}}}}", list);
    case 3:
    case 4:
      return fmt::format("{{\"listTitle\":{{{},{}}}}}", list, title);
    case 5:
      return fmt::format("{{\"delistTitle\":{{{},{}}}}}", list, title);
    default:
      return fmt::format("{{\"recordSync\":{{\"key\":\"k{}\",\"lastSync\":{}}}}}", below(2), seen_at[below(2)]);
  }
}

std::string RandomCommands::content() {
  // What most others need comes first.
  if (ids_ <= founding) {
    auto number = static_cast<int64_t>(1 + ids_ % titles);
    switch (below(5)) {
      case 0:
        return genre_fields(number).as("putGenre");
      case 1:
        return tv_show_fields(number).as("putTvShow");
      case 2:
        return user_fields(fmt::format("user{}", below(users))).with("role", roles[below(3)]).as("registerUser");
      default:
        return movie_fields(number).as("putMovie");
    }
  }
  switch (below(8)) {
    case 0:
    case 1:
    case 2:
      return about_titles();
    case 3:
    case 4:
      return about_sources();
    case 5:
    case 6:
      return about_users();
    default:
      return about_lists();
  }
}

std::string RandomCommands::single() {
  auto envelope = fmt::format("\"id\":\"{}\"", new_id());
  if (below(8) == 0) envelope += fmt::format(",\"expectedVersion\":{}", below(4));
  if (below(8) == 0)
    envelope += fmt::format(",\"actor\":{{\"userId\":{},\"ipAddress\":\"192.0.2.1\"}}", 1 + below(users));
  return in_envelope(envelope, content());
}

std::string RandomCommands::batch(size_t commands) {
  std::string members;
  for (size_t i = 0; i < commands; ++i) members += (i == 0 ? "" : ",") + single();
  return fmt::format("{{\"id\":\"{}\",\"batch\":{{\"commands\":[{}]}}}}", new_id(), members);
}

std::string RandomCommands::next() {
  if (!made_.empty() && below(8) == 0) return made_[below(made_.size())];
  made_.push_back(below(6) == 0 ? batch(1 + below(4)) : single());
  return made_.back();
}

}  // namespace catlog::tests
