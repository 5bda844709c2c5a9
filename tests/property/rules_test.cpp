#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "commandhandler/rules/magnet.h"
#include "events/text/blank.h"
#include "events/text/datetime.h"
#include "events/text/magnet.h"
#include "projector/sqlite/migrations.h"
#include "tests/support/both_sides.h"
#include "tests/support/in_memory.h"
#include "tests/support/random_magnets.h"
#include "tests/support/random_texts.h"
#include "tests/support/soak.h"

BOOST_AUTO_TEST_SUITE(rules_test)

// What a rule accepts, SQLite accepts, or one command would stop the read model for everybody; what a rule refuses,
// SQLite refuses. Both are asked for value after value; CATLOG_SOAK tries all of what the short form tries a part.

using namespace catlog;
using namespace catlog::tests;
using events::Format;
using events::Kind;
using Answer = BothSides::Answer;
using Target = BothSides::Target;
using Verdict = BothSides::Verdict;

namespace {

struct Fixture {
  Sampling sampling{97};
  RandomTexts random{sampling.seed};
  BothSides sides;
  uint64_t values = 0, accepted = 0, differences = 0;

  Fixture() { BOOST_TEST_MESSAGE("seed " << sampling.seed); }

  // Known and wanted: a name that the rules refuse today but is not blank may be in the log already, and stays; SQLite
  // 3.40 lets JSON nest 2,000 deep, later ones half of that, and so do the rules.
  static bool may_differ(const Target& target, const Answer& answer, std::string_view text) {
    if (answer.rules == Verdict::accepted) return false;
    // No rule lets in a time out of the calendar; the projection would make NULL of it.
    if (target.column->kind == Kind::datetime && target.column->absent == events::schema::Absent::NULL_) return true;
    if (target.column->identity == events::schema::Identity::USER_NAME) return !events::is_blank(text);
    return target.column->format == Format::JSON && text.size() > 2'000;
  }

  void compare(const Target& target, const Answer& answer, std::string_view text) {
    ++values;
    accepted += answer.rules == Verdict::accepted ? 1 : 0;
    if (answer.rules == answer.sqlite || may_differ(target, answer, text)) return;
    if (++differences <= 20)
      BOOST_ERROR(fmt::format("{}.{}: the rules {} what SQLite {}: {}", target.type->name, target.column->name,
                              answer.rules == Verdict::accepted ? "accept" : "refuse",
                              answer.sqlite == Verdict::accepted ? "accepts" : "refuses",
                              events::spelled_out(text.substr(0, 80))));
  }
  void try_text(const Target& target, std::string_view text) { compare(target, sides.ask_text(target, text), text); }
  template <class Value>
  void try_value(const Target& target, Value value) {
    const auto set = [&](capnp::DynamicStruct::Builder group) { group.set(target.column->field, value); };
    compare(target, sides.ask(target, set), fmt::format("{}", value));
  }
  void say(std::string_view what) {
    BOOST_TEST(values > 0u);
    BOOST_TEST_MESSAGE(fmt::format("figures: rules and SQLite: {} {}, {} of them accepted, {} differences", values,
                                   what, accepted, differences));
  }
};

std::vector<Target> targets_of(auto is_meant) {
  std::vector<Target> chosen;
  for (const auto& target : BothSides::targets())
    if (is_meant(*target.column)) chosen.push_back(target);
  return chosen;
}

std::vector<Target> targets_of(Format format) {
  return targets_of([&](const events::Column& column) { return column.format == format; });
}

// A whole one with a few characters changed, taken away or put in.
std::string altered(std::string text, RandomTexts& random) {
  static constexpr std::string_view signs = "0123456789abfgzABFZ$./-_ +:\"[]{},\\ntruefalsee";
  for (auto changes = random.below(3); changes > 0; --changes) {
    const auto at = random.below(text.size() + 1);
    const std::string piece =
        random.below(8) == 0 ? utf8(random.code_point()) : std::string(1, signs[random.below(signs.size())]);
    text.replace(at, random.below(2), random.below(3) == 0 ? "" : piece);
  }
  return text;
}

std::string random_json(RandomTexts& random, int depth = 0) {
  static const char* const scalars[] = {"null",
                                        "true",
                                        "false",
                                        "0",
                                        "-0",
                                        "1e5",
                                        "1E+5",
                                        "-1.5e-300",
                                        "1e999",
                                        "123456789012345678901234567890",
                                        "-99999999999999999999",
                                        "\"\"",
                                        "\"\\ud800\"",
                                        "\"\\u0000\"",
                                        "\"a\\\\\\\"\\/\\b\\f\\n\\r\\t\"",
                                        "\"\xF0\x9F\x98\x80\"",
                                        "01",
                                        "1.",
                                        ".5",
                                        "+1",
                                        "NaN",
                                        "Infinity",
                                        "'x'",
                                        "\"\x01\"",
                                        "\"\\x41\"",
                                        "nul",
                                        "1e",
                                        "-",
                                        "\xC2\xA0"
                                        "1"};
  const auto space = [&] { return std::string(random.below(6) == 0 ? " \n\t\r" : ""); };
  if (depth > 4 || random.below(3) == 0)
    return space() + scalars[random.below(random.below(4) ? 16 : std::size(scalars))];
  const bool is_object = random.below(2) == 0;
  std::string out = space() + (is_object ? "{" : "[");
  for (auto count = random.below(4); count > 0; --count)
    out += (is_object ? space() + "\"same\":" : "") + random_json(random, depth + 1) + space() + (count > 1 ? "," : "");
  return out + (is_object ? "}" : "]");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rules, Fixture)

BOOST_AUTO_TEST_CASE(every_column_that_a_command_sets_is_asked_about) {
  std::set<std::string> tables;
  for (const auto& target : BothSides::targets()) tables.insert(events::model().entity(target.type->entity).table);
  BOOST_TEST(tables.size() == 16u);
}

BOOST_AUTO_TEST_CASE(days) {
  const auto dates = targets_of(Format::DATE);
  BOOST_TEST(dates.size() == 4u);
  for (uint64_t year = 0; year <= 9999; ++year) {
    if (year % sampling.stride != sampling.first() && year != 300 && year % 400 != 0 && year % 1111 != 0) continue;
    for (int month = 0; month <= 13; ++month)
      for (int day = 0; day <= 32; ++day)
        for (const auto& target : dates) try_text(target, fmt::format("{:04}-{:02}-{:02}", year, month, day));
  }
  for (int i = 0; i < 20'000; ++i) try_text(dates[random.below(dates.size())], altered("2024-02-29", random));
  for (const auto& target : dates) try_text(target, "");
  say("days");
}

BOOST_AUTO_TEST_CASE(single_characters) {
  const auto texts = targets_of(
      [](const events::Column& column) { return column.kind == Kind::text && column.format != Format::ANY; });
  const auto ask = [&](char32_t c) {
    if (!is_scalar(c)) return;
    for (const auto& target : texts) try_text(target, utf8(c));
  };
  for (const auto& range : events::blank_code_points())
    for (const uint32_t c : {range.first - 1u, range.first + 0u, range.last + 0u, range.last + 1u}) ask(c);
  for (char32_t c = static_cast<char32_t>(1 + sampling.first()); c <= 0x10FFFF; c += sampling.stride) ask(c);
  say("single characters");
}

BOOST_AUTO_TEST_CASE(texts) {
  const auto columns = targets_of([](const events::Column& column) { return column.kind == Kind::text; });
  BOOST_TEST(columns.size() > 40u);
  for (uint64_t i = 0; i < 1'000'000 / sampling.stride; ++i)
    for (const auto& target : {columns[random.below(columns.size())], columns[random.below(columns.size())]})
      try_text(target, random.text());
  say("texts");
}

BOOST_AUTO_TEST_CASE(forms) {
  const std::pair<Format, std::vector<std::string>> wholes[] = {
      {Format::BCRYPT, {bcrypt_hash, "$2a$31$" + std::string(53, '/'), "$2x$04$" + std::string(53, '.')}},
      {Format::INFO_HASH, {std::string(40, 'a'), std::string(64, '0')}},
      {Format::LANGUAGE, {"es", "es-MX", "EN_us", "zh_Hant_TW", "esp"}},
      {Format::DATE, {"2000-02-29", "1900-02-28", "0300-03-01", "9999-12-31"}}};
  for (const auto& [format, whole] : wholes)
    for (const auto& target : targets_of(format))
      for (uint64_t i = 0; i < 1'000'000 / sampling.stride; ++i)
        try_text(target, altered(whole[random.below(whole.size())], random));
  for (int cost = 0; cost < 100; ++cost)
    for (const auto& target : targets_of(Format::BCRYPT))
      try_text(target, fmt::format("$2b${:02}${}", cost, std::string(53, 'a')));
  say("altered forms");
}

BOOST_AUTO_TEST_CASE(json) {
  const auto metadata = targets_of(Format::JSON);
  BOOST_TEST(metadata.size() == 1u);
  for (uint64_t i = 0; i < 2'000'000 / sampling.stride; ++i) {
    const auto text = random_json(random);
    try_text(metadata[0], random.below(2) == 0 ? text : altered(text, random));
  }
  for (const size_t levels : {1u, 999u, 1000u, 1001u, 1500u, 2500u})
    for (const auto& [open, close] : {std::pair("[", "]"), std::pair("{\"a\":", "}")}) {
      std::string text;
      for (size_t i = 0; i < levels; ++i) text += open;
      if (*open == '{') text += '1';
      for (size_t i = 0; i < levels; ++i) text += close;
      try_text(metadata[0], text);
    }
  try_text(metadata[0], std::string(500'000, '9'));
  say("JSON texts");
}

BOOST_AUTO_TEST_CASE(numbers) {
  const double largest = std::numeric_limits<double>::max(), infinity = std::numeric_limits<double>::infinity();
  std::vector<int64_t> integers = {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1};
  std::vector<double> reals = {std::nan(""), infinity, -infinity, largest, -largest, 5e-324, -5e-324, -0.0};
  for (const int64_t edge : {int64_t{0}, int64_t{1}, int64_t{10}, int64_t{1} << 31, int64_t{1} << 53}) {
    for (const int64_t off : {-1, 0, 1}) integers.insert(integers.end(), {edge + off, -edge + off});
    const auto real = static_cast<double>(edge);
    reals.insert(reals.end(), {real, -real, std::nextafter(real, infinity), std::nextafter(real, -infinity)});
  }
  for (const int64_t edge : {events::first_datetime_us, events::last_datetime_us, int64_t{0}})
    for (const int64_t off : {-1, 0, 1}) integers.push_back(edge + off);
  for (const auto& target : BothSides::targets()) {
    switch (target.column->kind) {
      case Kind::integer:
      case Kind::flag:
      case Kind::datetime:
        for (const int64_t value : integers) try_value(target, value);
        break;
      case Kind::real:
        for (const double value : reals) try_value(target, value);
        break;
      case Kind::enumeration:
        for (const uint16_t raw : {0, 1, 2, 3, 4, 5, 6, 22, 23, 65535})
          compare(target,
                  sides.ask(target,
                            [&](auto group) {
                              group.set(target.column->field,
                                        capnp::DynamicEnum(target.column->field.getType().asEnum(), raw));
                            }),
                  fmt::format("enumerant {}", raw));
        break;
      case Kind::integers:
        for (size_t i = 0; i < integers.size(); ++i)
          for (const unsigned size : {0u, 1u, 2u, 50'000u})
            compare(target,
                    sides.ask(target,
                              [&](auto group) {
                                auto list = group.init(target.column->field, size).template as<capnp::DynamicList>();
                                for (unsigned at = 0; at < size; ++at)
                                  list.set(at, at + 1 == size ? integers[i] : int64_t{1} + at);
                              }),
                    fmt::format("{} integers, the last {}", size, integers[i]));
        break;
      default:
        break;
    }
  }
  say("numbers");
}

// The schema asks whether a link begins with the topic of its hash: of every link, the same as we do.
BOOST_AUTO_TEST_CASE(links_and_hashes) {
  TemporaryDirectory directory;
  projector::Database database(directory / "model.sqlite", projector::Open::create);
  projector::migrate(database);
  database.run("PRAGMA foreign_keys = OFF; BEGIN");
  database.run(projector::Sql(
      "INSERT INTO movie_sources (id, movieId, quality, type, size, magnetUri, infoHash, language, title, createdAt, "
      "updatedAt) VALUES (1, 1, '', '', 0, 'magnet:?xt=urn:btih:0123456789012345678901234567890123456789', "
      "'0123456789012345678901234567890123456789', 'en', 'x', '2026-01-01 00:00:00.000', '2026-01-01 00:00:00.000')"));
  projector::Statement update(database, "UPDATE movie_sources SET magnetUri = ?1, infoHash = ?2");
  const auto holds = [&](std::string_view magnet, std::string_view hash) {
    try {
      return update.bind(1, magnet).bind(2, hash).run() == 1;
    } catch (const projector::ConstraintViolated&) {
      return false;
    }
  };
  RandomMagnets magnets(sampling.seed);
  for (uint64_t i = 0; i < 2'000'000 / sampling.stride; ++i) {
    const std::string sent = magnets.next();
    const auto magnet = commandhandler::parse_magnet(sent);
    ++values;
    accepted += magnet ? 1 : 0;
    for (const auto& hash : magnets.hashes())
      BOOST_REQUIRE_MESSAGE(holds(sent, hash) == events::begins_with_topic(sent, hash), sent << " " << hash);
    if (!magnet) continue;
    for (const std::string& hash : {magnet->v1, magnet->v2}) {
      if (hash.empty()) continue;
      const auto kept = magnet->kept_as(hash);
      BOOST_REQUIRE_MESSAGE(holds(kept, hash), sent << " is kept as " << kept);
      const auto again = commandhandler::parse_magnet(kept);
      BOOST_REQUIRE_MESSAGE(again && again->v1 == magnet->v1 && again->v2 == magnet->v2, sent << " -> " << kept);
      BOOST_REQUIRE_MESSAGE(again->kept_as(hash) == kept, sent << " -> " << kept);
    }
  }
  BOOST_TEST(accepted > values / 10);
  BOOST_TEST(accepted < values);
  say("magnet links");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
