#include "projector/query/reports.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::projector {

namespace {

const Report all[] = {
    {"catalogue", "how many rows each table holds", R"(
SELECT 'movies' AS "table", count(*) AS rows FROM movies UNION ALL
SELECT 'tv_shows', count(*) FROM tv_shows UNION ALL SELECT 'seasons', count(*) FROM seasons UNION ALL
SELECT 'episodes', count(*) FROM episodes UNION ALL SELECT 'movie_sources', count(*) FROM movie_sources UNION ALL
SELECT 'storage', count(*) FROM storage UNION ALL SELECT 'users', count(*) FROM users UNION ALL
SELECT 'refresh_tokens', count(*) FROM refresh_tokens UNION ALL
SELECT 'trakt_users', count(*) FROM trakt_users UNION ALL
SELECT 'media_lists', count(*) FROM media_lists UNION ALL SELECT 'genres', count(*) FROM genres UNION ALL
SELECT 'genre_translations', count(*) FROM genre_translations UNION ALL
SELECT 'movie_translations', count(*) FROM movie_translations UNION ALL
SELECT 'tv_show_translations', count(*) FROM tv_show_translations UNION ALL
SELECT 'sync_states', count(*) FROM sync_states UNION ALL SELECT 'audit_logs', count(*) FROM audit_logs UNION ALL
SELECT 'movie_genres', count(*) FROM movie_genres UNION ALL SELECT 'tv_show_genres', count(*) FROM tv_show_genres
UNION ALL SELECT 'media_list_movies', count(*) FROM media_list_movies UNION ALL
SELECT 'media_list_tv_shows', count(*) FROM media_list_tv_shows)"},
    {"top-movies", "the twenty most popular movies", R"(
SELECT m.id, m.title, substr(m.releaseDate, 1, 4) AS year, round(m.popularity, 1) AS popularity,
       round(m.rating, 1) AS rating, m.runtime AS minutes,
       (SELECT group_concat(name, ', ') FROM (SELECT g.name FROM movie_genres l JOIN genres g ON g.id = l.genreId
         WHERE l.movieId = m.id ORDER BY g.name)) AS genres
FROM movies m ORDER BY m.popularity DESC, m.id LIMIT 20)"},
    {"genres", "movies and shows of each genre", R"(
SELECT g.name AS genre, (SELECT count(*) FROM movie_genres l WHERE l.genreId = g.id) AS movies,
       (SELECT count(*) FROM tv_show_genres l WHERE l.genreId = g.id) AS shows,
       (SELECT count(*) FROM genre_translations t WHERE t.genreId = g.id) AS translations
FROM genres g ORDER BY movies + shows DESC, g.name)"},
    {"shows", "seasons and episodes of each show", R"(
SELECT t.id, t.name, substr(t.firstAirDate, 1, 4) AS year, t.status, count(DISTINCT s.id) AS seasons,
       count(e.id) AS episodes
FROM tv_shows t LEFT JOIN seasons s ON s.tvShowId = t.id LEFT JOIN episodes e ON e.seasonId = s.id
GROUP BY t.id ORDER BY t.popularity DESC, t.id)"},
    {"sources", "movie sources by quality", R"(
SELECT quality, count(*) AS sources, count(DISTINCT movieId) AS movies, round(avg(score), 2) AS averageScore,
       CAST(total(seeds) AS INTEGER) AS seeds, CAST(total(peers) AS INTEGER) AS peers,
       round(total(size) / 1e9, 2) AS gigabytes
FROM movie_sources GROUP BY quality ORDER BY sources DESC, quality)"},
    {"best-sources",
     "the best source that plays of each movie, by score",
     R"(
SELECT m.id, m.title, s.quality, s.type, s.language, s.score, s.seeds, round(s.size / 1e9, 2) AS gigabytes
FROM movies m JOIN movie_sources s ON s.id = (SELECT b.id FROM movie_sources b WHERE b.movieId = m.id AND b.seeds > 0
  ORDER BY b.score DESC, b.id LIMIT 1)
ORDER BY s.score DESC, m.id LIMIT :rows)",
     {{"rows", "100"}}},
    {"movies-without-sources",
     "movies of which nothing can be played, the most popular first",
     R"(
SELECT m.id, m.title, m.releaseDate, round(m.popularity, 1) AS popularity
FROM movies m WHERE NOT EXISTS (SELECT 1 FROM movie_sources s WHERE s.movieId = m.id)
ORDER BY m.popularity DESC, m.id LIMIT :rows)",
     {{"rows", "100"}}},
    {"weak-sources",
     "sources without seeds, without a score, or unseen for some days",
     R"(
SELECT s.id, m.title, s.quality, s.seeds, s.score, s.lastSeen, trim(
         iif(s.seeds = 0, 'dead ', '') || iif(s.score = 0, 'unscored ', '') ||
         iif(s.lastSeen < strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || :days || ' days'), 'unseen', '')) AS trouble
FROM movie_sources s JOIN movies m ON m.id = s.movieId WHERE trouble <> ''
ORDER BY s.lastSeen, s.id LIMIT :rows)",
     {{"days", "30"}, {"rows", "100"}}},
    {"transfers", "how much was downloaded and uploaded, by status", R"(
SELECT d.status, count(*) AS downloads, round(total(d.downloaded) / 1e9, 2) AS "GB downloaded",
       round(total(d.uploaded) / 1e9, 2) AS "GB uploaded", round(total(s.size) / 1e9, 2) AS "GB in all"
FROM storage d JOIN movie_sources s ON s.infoHash = d.infoHash GROUP BY d.status ORDER BY downloads DESC, d.status)"},
    {"downloads", "what is downloaded and how far", R"(
SELECT m.title, s.quality, d.status, round(100 * d.downloadProgress, 1) AS percent, d.peers,
       round(d.downloaded / 1e6, 1) AS megabytes, d.lastUpdated
FROM storage d JOIN movie_sources s ON s.infoHash = d.infoHash JOIN movies m ON m.id = s.movieId
ORDER BY d.status, m.title, d.id)"},
    {"users", "users, their tokens and Trakt links, without secrets", R"(
SELECT u.id, u.username, u.role, u.isActive AS active, t.username AS trakt,
       (SELECT count(*) FROM refresh_tokens r WHERE r.userId = u.id) AS tokens,
       (SELECT max(a.createdAt) FROM audit_logs a WHERE a.userId = u.id) AS lastAudited
FROM users u LEFT JOIN trakt_users t ON t.userId = u.id ORDER BY u.username)"},
    {"expiring-tokens",
     "refresh tokens that expire within some days, by user",
     R"(
SELECT u.id, u.username, count(*) AS tokens, min(r.expiresAt) AS first, max(r.expiresAt) AS last
FROM refresh_tokens r JOIN users u ON u.id = r.userId
WHERE r.expiresAt < strftime('%Y-%m-%d %H:%M:%f', 'now', '+' || :days || ' days')
GROUP BY u.id ORDER BY first, u.id)",
     {{"days", "7"}}},
    {"lists", "media lists and how many titles they hold", R"(
SELECT l.id, l.name, l.isPublic AS public,
       (SELECT count(*) FROM media_list_movies x WHERE x.mediaListId = l.id) AS movies,
       (SELECT count(*) FROM media_list_tv_shows x WHERE x.mediaListId = l.id) AS shows, l.updatedAt
FROM media_lists l ORDER BY l.name, l.id)"},
    {"translations", "how much of the catalogue each language covers", R"(
SELECT language, sum(movies) AS movies,
       round(100.0 * sum(movies) / max((SELECT count(*) FROM movies), 1), 1) AS "movies %",
       sum(shows) AS shows,
       round(100.0 * sum(shows) / max((SELECT count(*) FROM tv_shows), 1), 1) AS "shows %",
       sum(genres) AS genres
FROM (SELECT language, 1 AS movies, 0 AS shows, 0 AS genres FROM movie_translations UNION ALL
      SELECT language, 0, 1, 0 FROM tv_show_translations UNION ALL SELECT language, 0, 0, 1 FROM genre_translations)
GROUP BY language ORDER BY sum(movies) + sum(shows) + sum(genres) DESC, language)"},
    {"audit", "the latest fifty audit rows", R"(
SELECT a.createdAt, a.severity, a.action, u.username, a.resource, a.ipAddress
FROM audit_logs a LEFT JOIN users u ON u.id = a.userId ORDER BY a.createdAt DESC, a.id DESC LIMIT 50)"},
    {"audit-summary", "audit rows by action and severity", R"(
SELECT action, severity, count(*) AS rows, count(DISTINCT userId) AS users, min(createdAt) AS first,
       max(createdAt) AS last
FROM audit_logs GROUP BY action, severity ORDER BY rows DESC, action, severity)"},
    {"failed-logins",
     "failed logins by user and address, the most first",
     R"(
SELECT u.username, a.ipAddress, count(*) AS failures, min(a.createdAt) AS first, max(a.createdAt) AS last
FROM audit_logs a LEFT JOIN users u ON u.id = a.userId WHERE a.action = 'LOGIN_FAILURE'
GROUP BY a.userId, a.ipAddress ORDER BY failures DESC, last DESC LIMIT :rows)",
     {{"rows", "50"}}},
    {"role-changes",
     "whose role was changed, and by whom",
     R"(
SELECT a.createdAt, u.username, a.resource, json_extract(a.metadata, '$.actorUserId') AS byUserId, a.ipAddress
FROM audit_logs a LEFT JOIN users u ON u.id = a.userId WHERE a.action = 'ROLE_CHANGE'
ORDER BY a.createdAt DESC, a.id DESC LIMIT :rows)",
     {{"rows", "50"}}},
    {"growth", "rows that were made in each month", R"(
SELECT month, sum(movies) AS movies, sum(shows) AS shows, sum(sources) AS sources, sum(users) AS users,
       sum(audited) AS audited
FROM (SELECT substr(createdAt, 1, 7) AS month, 1 AS movies, 0 AS shows, 0 AS sources, 0 AS users, 0 AS audited FROM movies
      UNION ALL SELECT substr(createdAt, 1, 7), 0, 1, 0, 0, 0 FROM tv_shows
      UNION ALL SELECT substr(createdAt, 1, 7), 0, 0, 1, 0, 0 FROM movie_sources
      UNION ALL SELECT substr(createdAt, 1, 7), 0, 0, 0, 1, 0 FROM users
      UNION ALL SELECT substr(createdAt, 1, 7), 0, 0, 0, 0, 1 FROM audit_logs)
GROUP BY month ORDER BY month)"},
    {"sync", "when each background task last ran", R"(
SELECT key, lastSync, updatedAt, data FROM sync_states ORDER BY key)"},
};

}  // namespace

std::span<const Report> reports() { return all; }

const Report* report_named(std::string_view name) {
  for (const Report& report : all)
    if (report.name == name) return &report;
  return nullptr;
}

std::vector<Parameter> parameters_of(const Report& report, const std::vector<Parameter>& given) {
  std::vector<Parameter> parameters;
  for (const auto& [name, value] : report.parameters) parameters.push_back({std::string(name), std::string(value)});
  for (const Parameter& each : given) {
    const auto own = std::ranges::find(parameters, each.name, &Parameter::name);
    if (own == parameters.end())
      throw events::Failure(
          events::Exit::usage,
          fmt::format("the report {} has no parameter {}; --sql shows those that it has", report.name, each.name));
    own->value = each.value;
  }
  return parameters;
}

Answer run_report(const std::filesystem::path& file, const Report& report, const Style& style,
                  const QueryLimits& limits, std::ostream& out, const std::vector<Parameter>& given) {
  const Format format = style.format;
  if (format == Format::table) out << fmt::format("{}: {}\n\n", report.name, report.about);
  if (format == Format::markdown) out << fmt::format("## {}: {}\n\n", report.name, report.about);
  Answer answer = run_query(file, {report.sql, parameters_of(report, given)}, style, limits, out);
  if (format != Format::table && format != Format::markdown) return answer;
  out << fmt::format("\nas of position {} of log {}\n", answer.checkpoint.position, answer.checkpoint.log_id);
  if (!answer.left_out.empty())
    out << fmt::format("{}{}\n", format == Format::markdown ? "\n" : "", to_text(answer.left_out));
  return answer;
}

}  // namespace catlog::projector
