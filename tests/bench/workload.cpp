#include "tests/bench/workload.h"

#include "events/codec/json.h"
#include "events/codec/message.h"
#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "events/text/uuid.h"

namespace catlog::bench {
namespace {

namespace schema = events::schema;

constexpr int64_t peer_counts = 1'000;
constexpr double rating_step = 0.001;
constexpr size_t users_of_days = 100;
constexpr int64_t days_of_a_token = int64_t{14} * 24 * 3'600 * 1'000'000;  // us
constexpr int64_t last_random_key = int64_t{1} << 50;                      // so many that none is drawn twice

std::string hash_of(int64_t number) { return fmt::format("{:040x}", number); }

template <class Fill>
std::string command(Encoding encoding, Fill&& fill) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::Command>();
  root.setId(events::to_string(events::new_uuid()));
  fill(root);
  return events::encode(root.asReader(), encoding, events::Secrets::shown);
}

void describe_movie(schema::MovieFacts::Builder facts, int64_t number) {
  facts.setTmdbId(number);
  facts.setTitle(fmt::format("The {}th Title of the Catalogue", number));
  facts.setOverview(
      fmt::format("In the year {} somebody finds a catalogue with {} titles, reads all of them and is "
                  "changed for ever by the last one.",
                  1900 + number % 120, number));
  facts.setReleaseDate(fmt::format("{:04}-{:02}-{:02}", 1900 + number % 120, 1 + number % 12, 1 + number % 28));
  facts.setPoster(fmt::format("/poster-of-{:08}.jpg", number));
  facts.setBackdrop(fmt::format("/backdrop-of-{:08}.jpg", number));
  facts.setImdbId(fmt::format("tt{:08}", number));
  facts.setRuntime(60 + number % 120);
  facts.setBudget(number * 1'000);
  facts.setRevenue(number * 3'000);
}

void put_movie(schema::Command::Builder into, int64_t number) {
  auto movie = into.initPutMovie();
  describe_movie(movie.initFacts(), number);
  auto ratings = movie.initRatings();
  ratings.setPopularity(0.5 + static_cast<double>(number % 977));
  ratings.setRating(static_cast<double>(number % 100) / 10);
}

void add_source(schema::Command::Builder into, int64_t number) {
  auto source = into.initAddMovieSource();
  source.initMovie().setTmdbId(number);
  auto facts = source.initFacts();
  facts.setQuality(number % 3 == 0 ? "720p" : number % 3 == 1 ? "1080p" : "2160p");
  facts.setType(number % 2 == 0 ? "web" : "bluray");
  facts.setSize(700'000'000 + number * 10'000);
  facts.setMagnetUri(fmt::format("magnet:?xt=urn:btih:{}&dn=Title+{}", hash_of(number), number));
  facts.setLanguage("en");
  facts.setTitle(fmt::format("The {}th Title of the Catalogue", number));
  source.initSwarm();
}

}  // namespace

Bodies Workload::titles(Encoding encoding, size_t count) {
  Bodies bodies;
  for (size_t i = 0; i < count; ++i)
    bodies.push_back(command(encoding, [&](schema::Command::Builder into) { put_movie(into, ++last_movie_); }));
  return bodies;
}

Bodies Workload::randomly_keyed_titles(Encoding encoding, size_t count) {
  std::uniform_int_distribution<int64_t> any(1, last_random_key);
  Bodies bodies;
  for (size_t i = 0; i < count; ++i) {
    bodies.push_back(command(encoding, [&](schema::Command::Builder into) {
      describe_movie(into.initPutMovie().initFacts(), ++last_movie_);
      into.getPutMovie().getFacts().setTmdbId(any(random_));
    }));
  }
  return bodies;
}

Bodies Workload::sources(Encoding encoding, size_t count) const {
  Bodies bodies;
  for (size_t i = 1; i <= count; ++i)
    bodies.push_back(
        command(encoding, [&](schema::Command::Builder into) { add_source(into, static_cast<int64_t>(i)); }));
  return bodies;
}

Bodies Workload::catalogue(Encoding encoding, size_t count) {
  Bodies bodies = titles(encoding, count);
  for (auto& body : sources(encoding, count)) bodies.push_back(std::move(body));
  return bodies;
}

Bodies Workload::changes(Encoding encoding, size_t count, size_t existing) {
  Bodies bodies;
  bodies.reserve(count);
  std::uniform_int_distribution<int64_t> any(1, static_cast<int64_t>(existing));
  for (size_t i = 0; i < count; ++i) {
    int64_t number = any(random_), value = ++last_value_;
    bodies.push_back(i % 2 == 0 ? rating(encoding, number, value)
                                : command(encoding, [&](schema::Command::Builder into) {
                                    auto observe = into.initObserveSwarm();
                                    observe.initSource().setInfoHash(hash_of(number));
                                    observe.initSwarm().setSeeds(value);
                                    observe.getSwarm().setPeers(value % peer_counts);
                                  }));
  }
  return bodies;
}

Bodies Workload::audits(Encoding encoding, size_t count) {
  const auto actions = capnp::Schema::from<schema::AuditAction>().getEnumerants();
  const auto severities = capnp::Schema::from<schema::AuditSeverity>().getEnumerants();
  Bodies bodies;
  for (size_t i = 0; i < count; ++i) {
    bodies.push_back(command(encoding, [&](schema::Command::Builder into) {
      auto facts = into.initRecordAudit().initFacts();
      facts.setAction(static_cast<schema::AuditAction>(1 + i % (actions.size() - 1)));
      facts.setSeverity(static_cast<schema::AuditSeverity>(1 + i % (severities.size() - 1)));
      facts.setIpAddress(fmt::format("192.0.2.{}", i % 256));
    }));
  }
  return bodies;
}

Bodies Workload::users(Encoding encoding) {
  Bodies bodies;
  for (size_t i = 0; i < users_of_days; ++i)
    bodies.push_back(command(encoding, [&](schema::Command::Builder into) {
      auto facts = into.initRegisterUser().initFacts();
      facts.setUsername(fmt::format("user{}", i));
      facts.setPasswordHash("$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S");
      facts.setRole(i == 0 ? schema::Role::ADMIN : schema::Role::USER);
      facts.setIsActive(1);
    }));
  return bodies;
}

Bodies Workload::days(Encoding encoding, size_t count, size_t existing) {
  constexpr size_t round = 62, audits = 50, swarms = 10, tokens_kept = 1'000;
  Bodies bodies;
  bodies.reserve(count);
  size_t audit = 0, seen = 0, issued = 0, revoked = 0;
  for (size_t i = 0; i < count; ++i)
    bodies.push_back(command(encoding, [&](schema::Command::Builder into) {
      const size_t at = i * 7 % round;  // all of them among one another
      if (at < audits) {
        const size_t in_thousand = ++audit * 7'919 % 1'000;
        auto record = into.initRecordAudit();
        record.initUser().setUsername(fmt::format("user{}", audit % users_of_days));
        auto facts = record.initFacts();
        facts.setAction(schema::AuditAction::API_ACCESS);
        facts.setSeverity(in_thousand < 970   ? schema::AuditSeverity::INFO
                          : in_thousand < 990 ? schema::AuditSeverity::WARNING
                                              : schema::AuditSeverity::ERROR);
        facts.setResource(fmt::format("/api/movies/{}", audit % existing));
        facts.setIpAddress(fmt::format("192.0.2.{}", audit % 250));
        facts.setUserAgent("Miauflix/1.0");
        facts.setMetadata(fmt::format(R"({{"method":"GET","ms":{}}})", audit % 97));
      } else if (at < audits + swarms) {
        auto observe = into.initObserveSwarm();
        observe.initSource().setInfoHash(hash_of(static_cast<int64_t>(1 + seen % existing)));
        observe.initSwarm().setSeeds(static_cast<int64_t>(last_value_ + 1 + ++seen / existing * 13 % 101));
        observe.getSwarm().setPeers(1);
      } else if (at == audits + swarms || issued <= tokens_kept) {
        auto issue = into.initIssueRefreshToken();
        issue.initUser().setUsername(fmt::format("user{}", ++issued % users_of_days));
        auto facts = issue.initFacts();
        facts.setToken(fmt::format("token-{}", issued));
        facts.setExpiresAt(events::now_us() + days_of_a_token);
      } else {
        into.initRevokeRefreshToken().initToken().setToken(fmt::format("token-{}", ++revoked));
      }
    }));
  return bodies;
}

Bodies Workload::first_user() {
  return {fmt::format(
      R"({{"id":"{}","registerUser":{{"username":"bench","passwordHash":"{}","role":"admin","isActive":true}}}})",
      events::to_string(events::new_uuid()), "$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S")};
}

Bodies Workload::of_first_user(Bodies bodies) {
  for (auto& body : bodies) body.insert(1, R"("actor":{"userId":1},)");
  return bodies;
}

Bodies Workload::ratings(Encoding encoding, size_t count, size_t existing) {
  Bodies bodies;
  std::uniform_int_distribution<int64_t> any(1, static_cast<int64_t>(existing));
  for (size_t i = 0; i < count; ++i) bodies.push_back(rating(encoding, any(random_), ++last_value_));
  return bodies;
}

std::string Workload::rating(Encoding encoding, int64_t number, int64_t value) const {
  return command(encoding, [&](schema::Command::Builder into) {
    auto rate = into.initRateMovie();
    rate.initMovie().setTmdbId(number);
    rate.initRatings().setPopularity(1'000 + rating_step * static_cast<double>(value));
    rate.getRatings().setRating(static_cast<double>(value % 100) / 10);
  });
}

}  // namespace catlog::bench
