#include "tests/bench/many_rows.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "projector/sqlite/migrations.h"
#include "projector/sqlite/stored_digests.h"

namespace catlog::bench {
namespace {

using projector::Database;
using projector::Sql;

// Each inserts from `n(i)`, the numbers from 1 to the table's count; what looks like chance follows from i. Time goes
// on with ids, as it does in a log. {0} is the count, {1} that of movies, {2} of sources, {3} of users.
struct Filling {
  double per_movie;
  const char* sql;
};

const std::array<Filling, 15> fillings{{
    {0, R"(INSERT INTO genres SELECT i, 3000 + i, 'Genre ' || i, '2024-01-01 00:00:00.000', '2024-01-01 00:00:00.000'
           FROM n LIMIT 20)"},
    {1, R"(INSERT INTO movies SELECT i, 1000 + i, 'The ' || i || 'th Title of the Catalogue',
           'In the year ' || (1900 + i % 120) || ' somebody reads all of it and is changed for ever by the last one.',
           printf('%04d-%02d-%02d', 1900 + i % 120, 1 + i % 12, 1 + i % 28), '/poster-' || i || '.jpg', '', 'tt' || i,
           60 + i % 120, 0, 0, (i * 2654435761 % 1000003) / 1000.0, (i * 40503 % 101) / 10.0, t, t FROM timed)"},
    {2, R"(INSERT INTO movie_genres SELECT (i + 1) / 2, 1 + (i / 2 * 7 + i % 2 * 11) % 20 FROM n)"},
    {0.3, R"(INSERT INTO movie_translations SELECT i, i, substr('defresitplptnlsvdafi', 1 + 2 * (i * 7 % 10), 2),
             'Titel ' || i, 'Ein Satz, der sagt, was geschieht.', '', t, t FROM timed)"},
    {3,
     R"(INSERT INTO movie_sources (id, movieId, quality, type, size, seeds, peers, magnetUri, infoHash, language, title,
           score, lastSeen, createdAt, updatedAt) SELECT i, 1 + (i - 1) / 3 + ((1 + (i - 1) / 3) % 20 = 0 AND 1 + (i - 1) / 3 < {1}),
           CASE i % 4 WHEN 0 THEN '720p' WHEN 1 THEN '1080p' WHEN 2 THEN '2160p' ELSE '3D' END, iif(i % 2, 'web', 'bluray'),
           700000000 + i * 1000, iif(i * 31 % 20 = 0, 0, i * 48271 % 5000), i % 1000,
           'magnet:?xt=urn:btih:' || printf('%040x', i), printf('%040x', i), 'en', 'The Title ' || i,
           iif(i * 13 % 50 = 0, 0, (i * 2654435761 % 1000003) / 100000.3),
           strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ((i * 16807 % 60000) / 1000.0) || ' days'), t, t FROM timed)"},
    {0.01,
     R"(INSERT INTO storage (id, infoHash, downloadProgress, uploadProgress, status, peers, downloaded, uploaded,
              lastUpdated, createdAt) SELECT i, printf('%040x', i * 3), (i % 101) / 100.0, 0, CASE i % 5 WHEN 0 THEN 'paused'
              WHEN 1 THEN 'completed' WHEN 2 THEN 'seeding' ELSE 'downloading' END, 3, i * 1000, i * 500, t, t FROM timed)"},
    {0.02, R"(INSERT INTO tv_shows SELECT i, 2000 + i, 'Show ' || i, 'overview', '2001-09-11', '', '', '', 'Ended', '',
              'Scripted', 0, '[45]', (i * 2654435761 % 1000003) / 1000.0, 7, t, t FROM timed)"},
    {0.06, R"(INSERT INTO seasons SELECT i, (i + 2) / 3, 1 + i % 3, 'Season', '', '', 10, '', t, t FROM timed)"},
    {0.6, R"(INSERT INTO episodes SELECT i, (i + 9) / 10, 1 + i % 10, 'Episode', '', '', NULL, NULL, t, t FROM timed)"},
    {0.02, R"(INSERT INTO users SELECT i, 'user' || i, '$2b$10$' || printf('%053d', i), 'user', 1, t, t FROM timed)"},
    {0.04, R"(INSERT INTO refresh_tokens SELECT i, (i + 1) / 2, printf('%064x', i),
              strftime('%Y-%m-%d %H:%M:%f', 'now', ((i * 16807 % 9000) / 100.0) || ' days'), t FROM timed)"},
    {0.001, R"(INSERT INTO media_lists SELECT i, 'List ' || i, '', i % 2, t, t FROM timed)"},
    {0.1, R"(INSERT INTO media_list_movies SELECT (i + 99) / 100, 1 + i * 7919 % {1} FROM n)"},
    {0.01, R"(INSERT INTO media_list_tv_shows SELECT (i + 9) / 10, i FROM n)"},
    {1, R"(INSERT INTO audit_logs SELECT i, 1 + i * 48271 % {3}, CASE i * 31 % 100 WHEN 0 THEN 'ROLE_CHANGE' WHEN 1 THEN
           'LOGIN_FAILURE' WHEN 2 THEN 'LOGIN_FAILURE' WHEN 3 THEN 'PASSWORD_CHANGE' WHEN 4 THEN 'LOGOUT' WHEN 5 THEN
           'TOKEN_REFRESH' WHEN 6 THEN 'TOKEN_REFRESH' ELSE iif(i % 3, 'API_ACCESS', 'LOGIN') END, 'users/' || i,
           CASE i * 17 % 50 WHEN 0 THEN 'ERROR' WHEN 1 THEN 'WARNING' ELSE 'INFO' END,
           '{{"actorUserId":1}}', '192.0.2.' || (i * 7 % 256), 'agent', t FROM timed)"},
}};

// Over three years up to now.
constexpr const char* numbers = R"(
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0}),
timed AS (SELECT i, strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (({0} - i) * 1095.0 / {0}) || ' days') AS t FROM n)
)";

}  // namespace

void fill_with_many_rows(const std::filesystem::path& file, uint64_t movies, const Interrupt& interrupt) {
  Database database(file, projector::Open::create);
  projector::migrate(database);
  database.run(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA foreign_keys = OFF;"
      "PRAGMA ignore_check_constraints = ON;"
      "INSERT INTO projection_checkpoint (id, logId, position, schemaVersion) VALUES (1, 'many rows', 1, "
      "(SELECT user_version FROM pragma_user_version))");
  const std::string indexes = projector::drop_indexes(database, projector::Indexes::all);
  for (const Filling& filling : fillings) {
    const auto count = std::max<uint64_t>(20, static_cast<uint64_t>(filling.per_movie * static_cast<double>(movies)));
    const std::string sql = std::string(numbers) + filling.sql;
    database.run(Sql::generated(fmt::format(fmt::runtime(sql), count, movies, movies * 3, movies / 50)));
    interrupt.check();
  }
  database.run(Sql::generated(indexes));
  projector::write_digests(database, projector::scan_digests(database));
}

}  // namespace catlog::bench
