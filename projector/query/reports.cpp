#include "projector/query/reports.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/sqlite/migrations.h"

namespace catlog::projector {

namespace {

// Asked of 1,000,000 movies, 3,000,000 sources and 1,000,000 audit rows (`ops/bench --only reports`) each takes less
// than 200 ms, unless a comment at the end of its SQL, which a reader sees too, says why it cannot.
const Report all[] = {
    {"catalogue",
     "how many rows each table holds",
     R"(
SELECT t."table", coalesce((SELECT d.rowCount FROM projection_digests d WHERE d.tableName = t."table"), CASE t."table"
  WHEN 'movies' THEN (SELECT count(*) FROM movies)
  WHEN 'tv_shows' THEN (SELECT count(*) FROM tv_shows)
  WHEN 'seasons' THEN (SELECT count(*) FROM seasons)
  WHEN 'episodes' THEN (SELECT count(*) FROM episodes)
  WHEN 'movie_sources' THEN (SELECT count(*) FROM movie_sources)
  WHEN 'storage' THEN (SELECT count(*) FROM storage)
  WHEN 'users' THEN (SELECT count(*) FROM users)
  WHEN 'refresh_tokens' THEN (SELECT count(*) FROM refresh_tokens)
  WHEN 'trakt_users' THEN (SELECT count(*) FROM trakt_users)
  WHEN 'media_lists' THEN (SELECT count(*) FROM media_lists)
  WHEN 'genres' THEN (SELECT count(*) FROM genres)
  WHEN 'genre_translations' THEN (SELECT count(*) FROM genre_translations)
  WHEN 'movie_translations' THEN (SELECT count(*) FROM movie_translations)
  WHEN 'tv_show_translations' THEN (SELECT count(*) FROM tv_show_translations)
  WHEN 'sync_states' THEN (SELECT count(*) FROM sync_states)
  WHEN 'audit_logs' THEN (SELECT count(*) FROM audit_logs)
  WHEN 'movie_genres' THEN (SELECT count(*) FROM movie_genres)
  WHEN 'tv_show_genres' THEN (SELECT count(*) FROM tv_show_genres)
  WHEN 'media_list_movies' THEN (SELECT count(*) FROM media_list_movies)
  WHEN 'media_list_tv_shows' THEN (SELECT count(*) FROM media_list_tv_shows)
  END) AS rows
FROM (SELECT column1 AS "table" FROM (VALUES ('movies'), ('tv_shows'), ('seasons'), ('episodes'), ('movie_sources'), ('storage'), ('users'),
  ('refresh_tokens'), ('trakt_users'), ('media_lists'), ('genres'), ('genre_translations'),
  ('movie_translations'), ('tv_show_translations'), ('sync_states'), ('audit_logs'),
  ('movie_genres'), ('tv_show_genres'), ('media_list_movies'), ('media_list_tv_shows'))) t
-- Rows are counted as they are written; only a file that was just migrated has them counted here.)",
     {},
     {"table", "rows"}},
    {"top-movies",
     "the twenty most popular movies",
     R"(
SELECT m.id, m.title, substr(m.releaseDate, 1, 4) AS year, round(m.popularity, 1) AS popularity,
       round(m.rating, 1) AS rating, m.runtime AS minutes, m.genres
FROM movies_with_genres m ORDER BY m.popularity DESC, m.id LIMIT 20)",
     {},
     {"title", "popularity"}},
    {"genres",
     "movies and shows of each genre",
     R"(
SELECT g.name AS genre, (SELECT count(*) FROM movie_genres l WHERE l.genreId = g.id) AS movies,
       (SELECT count(*) FROM tv_show_genres l WHERE l.genreId = g.id) AS shows,
       (SELECT count(*) FROM genre_translations t WHERE t.genreId = g.id) AS translations
FROM genres g ORDER BY movies + shows DESC, g.name)",
     {},
     {"genre", "movies"}},
    {"shows",
     "seasons and episodes of each show",
     R"(
SELECT t.id, t.name, substr(t.firstAirDate, 1, 4) AS year, t.status, t.seasons, t.episodes
FROM tv_shows_with_counts t ORDER BY t.popularity DESC, t.id)",
     {},
     {"name", "episodes"}},
    {"sources",
     "movie sources by quality",
     R"(
SELECT quality, count(*) AS sources, count(DISTINCT movieId) AS movies, round(avg(score), 2) AS averageScore,
       CAST(total(seeds) AS INTEGER) AS seeds, CAST(total(peers) AS INTEGER) AS peers,
       round(total(size) / 1e9, 2) AS gigabytes
FROM movie_sources NOT INDEXED GROUP BY quality ORDER BY sources DESC, quality
-- Reads every source: seeds, peers and sizes are summed, and no index holds them.)",
     {},
     {"quality", "sources"}},
    {"best-sources",
     "the best source that plays of each movie, by score",
     R"(
WITH RECURSIVE qualities (quality) AS (SELECT min(quality) FROM movie_sources UNION ALL
  SELECT (SELECT min(s.quality) FROM movie_sources s WHERE s.quality > q.quality) FROM qualities q
  WHERE q.quality IS NOT NULL)
SELECT s.movieId AS id, s.movieTitle AS title, s.quality, s.type, s.language, s.score, s.seeds,
       round(s.size / 1e9, 2) AS gigabytes
FROM qualities q JOIN best_sources s ON s.id IN (
  SELECT b.id FROM best_sources b WHERE b.quality = q.quality ORDER BY b.score DESC, b.id LIMIT :rows)
ORDER BY s.score DESC, s.id LIMIT :rows
-- The best of each quality, of which the best: the index is by quality and score.)",
     {{"rows", "100", ParameterKind::count}},
     {"title", "score"}},
    {"movies-without-sources",
     "movies of which nothing can be played, the most popular first",
     R"(
SELECT m.id, m.title, m.releaseDate, round(m.popularity, 1) AS popularity
FROM movies m WHERE NOT EXISTS (SELECT 1 FROM movie_sources s WHERE s.movieId = m.id)
ORDER BY m.popularity DESC, m.id LIMIT :rows
-- Looks at movies by popularity until it has found so many; at every one where nearly all of them have sources.)",
     {{"rows", "100", ParameterKind::count}},
     {"title", "popularity"}},
    {"weak-sources",
     "sources without seeds, without a score, or unseen for some days",
     R"(
SELECT s.id, m.title, s.quality, s.seeds, s.score, s.lastSeen, trim(
         iif(s.seeds = 0, 'dead ', '') || iif(s.score = 0, 'unscored ', '') ||
         iif(s.lastSeen < strftime('%Y-%m-%d %H:%M:%f', :now, '-' || :days || ' days'), 'unseen', '')) AS trouble
FROM movie_sources s JOIN movies m ON m.id = s.movieId WHERE trouble <> ''
ORDER BY s.lastSeen, s.id DESC LIMIT :rows
-- Looks at sources from the one unseen for longest until it has found so many; at every one where nearly all are well.)",
     {{"days", "30", ParameterKind::days}, now_parameter, {"rows", "100", ParameterKind::count}}},
    {"transfers",
     "how much was downloaded and uploaded, by status",
     R"(
SELECT d.status, count(*) AS downloads, round(total(d.downloaded) / 1e9, 2) AS "GB downloaded",
       round(total(d.uploaded) / 1e9, 2) AS "GB uploaded", round(total(s.size) / 1e9, 2) AS "GB in all"
FROM storage d JOIN movie_sources s ON s.infoHash = d.infoHash GROUP BY d.status ORDER BY downloads DESC, d.status)",
     {},
     {"status", "GB downloaded"}},
    {"downloads",
     "what is downloaded and how far",
     R"(
SELECT d.id, m.title, s.quality, d.status, round(100 * d.downloadProgress, 1) AS percent, d.peers,
       round(d.downloaded / 1e6, 1) AS megabytes, d.lastUpdated
FROM storage d JOIN movie_sources s ON s.infoHash = d.infoHash JOIN movies m ON m.id = s.movieId
ORDER BY d.status, m.title, d.id)",
     {},
     {"title", "percent"}},
    {"users",
     "users, their tokens and Trakt links, without secrets",
     R"(
SELECT u.id, u.username, u.role, u.isActive AS active, u.traktUsername AS trakt, u.tokens,
       u.lastAuditedAt AS lastAudited
FROM users_without_secrets u ORDER BY u.username)",
     {},
     {"username", "tokens"}},
    {"expiring-tokens",
     "refresh tokens that expire within some days, by user",
     R"(
SELECT u.id, u.username, count(*) AS tokens, min(r.expiresAt) AS first, max(r.expiresAt) AS last
FROM refresh_tokens r JOIN users u ON u.id = r.userId
WHERE r.expiresAt < strftime('%Y-%m-%d %H:%M:%f', :now, '+' || :days || ' days')
GROUP BY u.id ORDER BY first, u.id)",
     {{"days", "7", ParameterKind::days}, now_parameter},
     {"username", "tokens"}},
    {"lists",
     "media lists and how many titles they hold",
     R"(
SELECT l.id, l.name, l.isPublic AS public,
       (SELECT count(*) FROM media_list_movies x WHERE x.mediaListId = l.id) AS movies,
       (SELECT count(*) FROM media_list_tv_shows x WHERE x.mediaListId = l.id) AS shows, l.updatedAt
FROM media_lists l ORDER BY l.name, l.id)",
     {},
     {"name", "movies"}},
    {"translations",
     "how much of the catalogue each language covers",
     R"(
SELECT language, sum(movies) AS movies,
       round(100.0 * sum(movies) / max((SELECT count(*) FROM movies), 1), 1) AS "movies %",
       sum(shows) AS shows,
       round(100.0 * sum(shows) / max((SELECT count(*) FROM tv_shows), 1), 1) AS "shows %",
       sum(genres) AS genres
FROM (SELECT language, count(*) AS movies, 0 AS shows, 0 AS genres FROM movie_translations GROUP BY language UNION ALL
      SELECT language, 0, count(*), 0 FROM tv_show_translations GROUP BY language UNION ALL
      SELECT language, 0, 0, count(*) FROM genre_translations GROUP BY language)
GROUP BY language ORDER BY sum(movies) + sum(shows) + sum(genres) DESC, language)",
     {},
     {"language", "movies %"}},
    {"audit", "the latest fifty audit rows", R"(
SELECT a.id, a.createdAt, a.severity, a.action, u.username, a.resource, a.ipAddress
FROM audit_logs a LEFT JOIN users u ON u.id = a.userId ORDER BY a.createdAt DESC, a.id DESC LIMIT 50)"},
    {"audit-summary",
     "audit rows by action and severity",
     R"(
SELECT action, severity, count(*) AS rows, count(DISTINCT userId) AS users, min(createdAt) AS first,
       max(createdAt) AS last
FROM audit_logs NOT INDEXED GROUP BY action, severity ORDER BY rows DESC, action, severity
-- Reads every audit row: no index holds action, severity and user together.)",
     {},
     {"action", "rows"},
     2},
    {"failed-logins",
     "failed logins of the last days by user, or by the name that was tried, and address, the most first",
     R"(
SELECT coalesce(u.username, json_extract(a.metadata, '$.username')) AS username, a.ipAddress,
       u.id IS NOT NULL AS isUser, count(*) AS failures, min(a.createdAt) AS first, max(a.createdAt) AS last
FROM audit_logs a LEFT JOIN users u ON u.id = a.userId WHERE a.action = 'LOGIN_FAILURE'
  AND a.createdAt BETWEEN strftime('%Y-%m-%d %H:%M:%f', :now, '-' || :days || ' days') AND :now
GROUP BY 1, 2, 3 ORDER BY failures DESC, last DESC, 1, 2 LIMIT :rows)",
     {{"days", "30", ParameterKind::days}, now_parameter, {"rows", "50", ParameterKind::count}},
     {"username", "failures"},
     3},
    {"role-changes",
     "whose role was changed, and by whom",
     R"(
SELECT a.id, a.createdAt, u.username, a.resource, b.username AS byUsername,
       json_extract(a.metadata, '$.actorUserId') AS byUserId, a.ipAddress
FROM audit_logs a LEFT JOIN users u ON u.id = a.userId
LEFT JOIN users b ON b.id = json_extract(a.metadata, '$.actorUserId') WHERE a.action = 'ROLE_CHANGE'
ORDER BY a.createdAt DESC, a.id DESC LIMIT :rows)",
     {{"rows", "50", ParameterKind::count}}},
    {"growth",
     "rows that were made in each month, of those that are there",
     R"(
WITH RECURSIVE span (first, last) AS (SELECT min(first), max(last) FROM (
    SELECT min(createdAt) AS first, max(createdAt) AS last FROM audit_logs UNION ALL
    SELECT (SELECT min(createdAt) FROM movies), (SELECT max(createdAt) FROM movies) UNION ALL
    SELECT min(month) || '-01', max(month) || '-01' FROM made)),
made (kind, month, rows) AS MATERIALIZED (
  SELECT 'shows', substr(createdAt, 1, 7), count(*) FROM tv_shows GROUP BY 2 UNION ALL
  SELECT 'seasons', substr(createdAt, 1, 7), count(*) FROM seasons GROUP BY 2 UNION ALL
  SELECT 'episodes', substr(createdAt, 1, 7), count(*) FROM episodes GROUP BY 2 UNION ALL
  SELECT 'sources', substr(createdAt, 1, 7), count(*) FROM movie_sources GROUP BY 2 UNION ALL
  SELECT 'downloads', substr(createdAt, 1, 7), count(*) FROM storage GROUP BY 2 UNION ALL
  SELECT 'genres', substr(createdAt, 1, 7), count(*) FROM genres GROUP BY 2 UNION ALL
  SELECT 'translations', substr(createdAt, 1, 7), count(*) FROM genre_translations GROUP BY 2 UNION ALL
  SELECT 'translations', substr(createdAt, 1, 7), count(*) FROM movie_translations GROUP BY 2 UNION ALL
  SELECT 'translations', substr(createdAt, 1, 7), count(*) FROM tv_show_translations GROUP BY 2 UNION ALL
  SELECT 'lists', substr(createdAt, 1, 7), count(*) FROM media_lists GROUP BY 2 UNION ALL
  SELECT 'users', substr(createdAt, 1, 7), count(*) FROM users GROUP BY 2 UNION ALL
  SELECT 'tokens', substr(createdAt, 1, 7), count(*) FROM refresh_tokens GROUP BY 2 UNION ALL
  SELECT 'traktLinks', substr(createdAt, 1, 7), count(*) FROM trakt_users GROUP BY 2 UNION ALL
  SELECT 'syncs', substr(createdAt, 1, 7), count(*) FROM sync_states GROUP BY 2),
months (month, next) AS (
  SELECT substr(first, 1, 7), strftime('%Y-%m', first, 'start of month', '+1 month') FROM span WHERE first IS NOT NULL
  UNION ALL SELECT next, strftime('%Y-%m', next || '-01', '+1 month') FROM months WHERE next <= (SELECT last FROM span))
SELECT m.month, (SELECT count(*) FROM movies x WHERE x.createdAt >= m.month AND x.createdAt < m.next) AS movies,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'shows'), 0) AS shows,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'seasons'), 0) AS seasons,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'episodes'), 0) AS episodes,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'sources'), 0) AS sources,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'downloads'), 0) AS downloads,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'genres'), 0) AS genres,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'translations'), 0) AS translations,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'lists'), 0) AS lists,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'users'), 0) AS users,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'tokens'), 0) AS tokens,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'traktLinks'), 0) AS traktLinks,
       coalesce(sum(a.rows) FILTER (WHERE a.kind = 'syncs'), 0) AS syncs,
       (SELECT count(*) FROM audit_logs x WHERE x.createdAt >= m.month AND x.createdAt < m.next) AS audited
FROM months m LEFT JOIN made a ON a.month = m.month GROUP BY m.month ORDER BY m.month
-- Reads every source, and each row of smaller tables: indexes on their createdAt would cost the projector more than a
-- report by month is worth. Links have no time of their own.)",
     {},
     {"month", "movies"}},
    {"changes",
     "what has happened since a position of the log, or a time: events by table and kind",
     R"(
SELECT stream AS "table", event, count(*) AS events, count(DISTINCT streamId) AS rows, min(position) AS first,
       max(position) AS last, max(recordedAt) AS lastRecordedAt
FROM log_events WHERE position > :since GROUP BY stream, event ORDER BY stream, events DESC, event
-- Reads each of these events.)",
     {{"since", "0", ParameterKind::position}},
     {"event", "events"},
     2},
    {"log-growth",
     "events of each month, and about how large they are in the log",
     R"(
WITH RECURSIVE span (first, last) AS (SELECT (SELECT recordedAt FROM log_events ORDER BY position LIMIT 1),
    (SELECT recordedAt FROM log_events WHERE position = (SELECT position FROM projection_checkpoint))),
months (month, next) AS (
  SELECT substr(first, 1, 7), strftime('%Y-%m', first, 'start of month', '+1 month') FROM span WHERE first IS NOT NULL
  UNION ALL SELECT next, strftime('%Y-%m', next || '-01', '+1 month') FROM months WHERE next <= (SELECT last FROM span)),
bounds (month, first, behind) AS (SELECT month,
  (SELECT position FROM log_events WHERE recordedAt >= month ORDER BY position LIMIT 1),
  coalesce((SELECT position FROM log_events WHERE recordedAt >= next ORDER BY position LIMIT 1),
           (SELECT position + 1 FROM projection_checkpoint)) FROM months),
sample (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM sample WHERE i < 63)
SELECT month, behind - first AS events, sum(behind - first) OVER (ORDER BY month) AS "events in all",
       round((SELECT avg(bytes) FROM sample JOIN log_events ON position = first + (behind - first) * i / 64)
             * (behind - first) / 1e6, 1) AS "MB of records"
FROM bounds ORDER BY month
-- Sizes are those of 64 events of each month: to add up all of them would read the whole log.)",
     {},
     {"month", "events"}},
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

// What a report reads may be missing there.
static void require_what_it_reads(const std::filesystem::path& file, const Report& report, const store::Log* log) {
  if (!log && reads_log(report))
    throw events::Failure(events::Exit::usage,
                          fmt::format("the report {} asks the log, which cannot be read here", report.name));
  const int found = read_checkpoint(Database(file, Open::read)).schema_version;
  const auto newest = static_cast<int>(migrations().size());
  if (found >= newest) return;
  throw events::Failure(events::Exit::usage,
                        fmt::format("{} has schema {}, and reports need {}: start this release's catlogd, which brings "
                                    "it to that, or run `catlog migrate`",
                                    file.string(), found, newest));
}

Picture picture_of(const std::filesystem::path& file, const Report& report, const QueryLimits& limits,
                   const ReportAsked& asked, std::string_view column) {
  require_what_it_reads(file, report, asked.log);
  Picture picture{collect_query(file, question_of(report, asked), limits), {}};
  const auto& rows = picture.collected.rows;
  const std::string_view number = column.empty() ? report.drawn.number : column;
  if (number.empty()) return picture;
  picture.plot = plot_of(rows, report.drawn.label.empty() ? rows.names.front() : report.drawn.label, number);
  return picture;
}

Answer run_report(const std::filesystem::path& file, const Report& report, const Style& style,
                  const QueryLimits& limits, std::ostream& out, const ReportAsked& asked) {
  require_what_it_reads(file, report, asked.log);
  const Question question = question_of(report, asked);
  const Format format = style.format;
  if (format == Format::table) out << fmt::format("{}: {}\n\n", report.name, report.about);
  if (format == Format::markdown) out << fmt::format("## {}: {}\n\n", report.name, report.about);
  Answer answer = run_query(file, question, style, limits, out);
  if (format != Format::table && format != Format::markdown) return answer;
  out << fmt::format("\nas of position {} of log {}\n", answer.checkpoint.position, answer.checkpoint.log_id);
  if (!answer.left_out.empty())
    out << fmt::format("{}{}\n", format == Format::markdown ? "\n" : "", to_text(answer.left_out));
  return answer;
}

}  // namespace catlog::projector
