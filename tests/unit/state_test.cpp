#include "events/schema/vocabulary.h"

#include "commandhandler/state/event_values.h"
#include "commandhandler/state/state.h"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>

#include "commandhandler/state/apply.h"
#include "events/digest.h"

BOOST_AUTO_TEST_SUITE(state_test)

// The layers of the decision state: what is changed and undone, and rows that are changed where they lie.

using namespace catlog;
using namespace catlog::commandhandler;

namespace {

const std::string point(row_key(Entity::MOVIE, 1)), other(row_key(Entity::MOVIE, 2));
const std::string child = child_entry(Entity::MOVIE_SOURCE, 0, 1, 7);

std::string shown(const State& state, std::string_view key) {
  const auto value = state.get(key);
  return value ? std::string(*value) : "none";
}

Value random_value() {
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return {};
    case 1:
      return *rc::gen::arbitrary<int64_t>();
    case 2:
      return static_cast<double>(*rc::gen::arbitrary<int32_t>()) / 8;
    default:
      return *rc::gen::arbitrary<std::string>();
  }
}

GroupDigest random_digest() {
  GroupDigest digest;
  for (auto& byte : digest) byte = *rc::gen::arbitrary<uint8_t>();
  return digest;
}

template <class Group>
void check_digest(typename Group::Builder group) {
  const auto canonical = capnp::canonicalize(group.asReader());
  const auto whole = events::sha256(std::as_bytes(std::span(canonical.begin(), canonical.size())));
  const auto cut = digest_of(capnp::AnyStruct::Reader(group.asReader()));
  RC_ASSERT(std::equal(cut.begin(), cut.end(), whole.begin()));
}

Row movie_with(const Value& tmdb_id, bool is_alive = true) {
  Row row;
  row.alive = is_alive;
  row.kept.resize(events::model().entity(Entity::MOVIE).kept.size());
  row.kept[number_of(Entity::MOVIE, "tmdbId")] = tmdb_id;
  return row;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_undone_is_as_it_was_before) {
  Layer upper, lower;
  Journal journal;
  State below({&lower}, nullptr);
  below.put(other, "from below");
  State state({&upper, &lower}, nullptr, &journal);
  state.put(point, "first");
  state.put(child, "");
  const size_t mark = journal.size();
  state.put(point, "a longer second value");
  state.put(point, "third");
  state.erase(child);
  state.erase(other);
  state.put(row_key(Entity::MOVIE, 3), "new");
  BOOST_TEST(shown(state, other) == "none");
  BOOST_TEST(state.keys(child_prefix(Entity::MOVIE_SOURCE, 0, 1)).empty());

  journal.undo(mark);
  state.forget();
  BOOST_TEST(shown(state, point) == "first");
  BOOST_TEST(shown(state, other) == "from below");
  BOOST_TEST(shown(state, row_key(Entity::MOVIE, 3)) == "none");
  BOOST_TEST(state.keys(child_prefix(Entity::MOVIE_SOURCE, 0, 1)).size() == 1u);
  BOOST_TEST(upper.size() == 2u);

  journal.undo(0);
  BOOST_TEST(upper.empty());
  BOOST_TEST(journal.size() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_forgotten_is_not_undone) {
  Layer layer;
  Journal journal;
  State state({&layer}, nullptr, &journal);
  state.put(point, "kept");
  const size_t kept = journal.size();
  state.put(point, "undone");
  journal.forget(kept);
  BOOST_TEST(journal.size() == 1u);
  journal.undo(0);
  state.forget();
  BOOST_TEST(shown(state, point) == "kept");
}

BOOST_AUTO_TEST_CASE(with_a_journal_what_was_read_stays_when_it_is_written_over_or_undone) {
  Layer layer;
  Journal journal;
  State state({&layer}, nullptr, &journal);
  state.put(point, "first value");
  const auto first = state.get(point).value();
  const size_t mark = journal.size();
  state.put(point, "second");
  const auto second = state.get(point).value();
  state.erase(point);
  journal.undo(mark);
  state.forget();
  state.put(point, "third");
  BOOST_TEST(first == "first value");
  BOOST_TEST(second == "second");
}

BOOST_AUTO_TEST_CASE(a_layer_that_was_cleared_takes_as_much_again) {
  constexpr int64_t values = 96;
  Layer layer;
  for (int round = 0; round < 3; ++round) {
    const std::string text(size_t{64} << 10, static_cast<char>('a' + round));
    for (int64_t id = 1; id <= values; ++id) layer.set(row_key(Entity::MOVIE, id), text);
    BOOST_TEST(layer.size() == static_cast<size_t>(values));
    for (int64_t id = 1; id <= values; ++id) BOOST_TEST((layer.find(row_key(Entity::MOVIE, id)) == Layer::Entry(text)));
    layer.clear();
    BOOST_TEST(layer.empty());
    BOOST_TEST(!layer.find(row_key(Entity::MOVIE, 1)).has_value());
  }
}

// Without a journal an old value's place is used again, also by what is made of it.
BOOST_AUTO_TEST_CASE(a_value_is_written_over_the_one_that_it_was_made_of) {
  Layer layer;
  State state({&layer}, nullptr);
  state.put(point, "abcdefgh");
  state.put(point, state.get(point)->substr(2, 4));
  BOOST_TEST(shown(state, point) == "cdef");
  state.put(point, "longer than before");
  state.erase(point);
  BOOST_TEST(shown(state, point) == "none");
  state.put(point, "");
  BOOST_TEST(shown(state, point) == "");
  layer.clear();
  state.forget();
  BOOST_TEST(shown(state, point) == "none");
}

BOOST_AUTO_TEST_CASE(a_row_is_found_by_its_key_and_a_hint_that_is_wrong_is_not_believed) {
  Layer layer;
  Journal journal;
  KeyHints hints;
  State state({&layer}, nullptr, &journal, &hints);
  const std::vector<Value> key{int64_t{603}};
  const auto found = [&] { return state.id_by_key(Entity::MOVIE, 0, key).value_or(0); };
  const auto put = [&](int64_t id, bool is_alive, const Value& tmdb_id) {
    state.put_row(Entity::MOVIE, id, movie_with(tmdb_id, is_alive));
  };
  BOOST_TEST(found() == 0);
  put(1, true, key[0]);
  state.put(unique_key(Entity::MOVIE, 0, key), encode_id(1));
  BOOST_TEST(found() == 1);
  state.erase(unique_key(Entity::MOVIE, 0, key));
  BOOST_TEST(found() == 1);  // by the row itself
  put(1, false, key[0]);
  BOOST_TEST(found() == 0);
  const size_t before = journal.size();
  put(1, true, int64_t{604});
  put(2, true, key[0]);
  state.put(unique_key(Entity::MOVIE, 0, key), encode_id(2));
  BOOST_TEST(found() == 2);
  journal.undo(before);
  state.forget();
  BOOST_TEST(found() == 0);
}

BOOST_AUTO_TEST_CASE(a_row_that_is_made_has_a_hint) {
  Layer layer;
  Journal journal;
  KeyHints hints;
  State state({&layer}, nullptr, &journal, &hints);
  const std::vector<Value> key{int64_t{603}};
  state.put_row(Entity::MOVIE, 1, movie_with(key[0]));
  state.put_key(Entity::MOVIE, 0, key, 1);
  state.erase(unique_key(Entity::MOVIE, 0, key));
  BOOST_TEST(state.id_by_key(Entity::MOVIE, 0, key).value_or(0) == 1);
}

BOOST_AUTO_TEST_CASE(of_keys_that_meet_eight_have_hints_and_the_oldest_gives_way) {
  KeyHints hints;
  const auto hash_of = [](int64_t key) { return static_cast<size_t>(key) << 32 | 5; };
  const auto found = [&](int64_t key) { return hints.find(hash_of(key)).value_or(0); };
  for (int64_t key = 1; key <= 8; ++key) hints.note(hash_of(key), key * 10);
  for (int64_t key = 1; key <= 8; ++key) BOOST_TEST(found(key) == key * 10);
  hints.note(hash_of(1), 11);  // another row has it now
  BOOST_TEST(found(1) == 11);
  hints.note(hash_of(9), 90);
  BOOST_TEST(found(2) == 0);
  for (int64_t key = 3; key <= 9; ++key) BOOST_TEST(found(key) == key * 10);
  BOOST_TEST(found(1) == 11);
  hints.note(hash_of(10), int64_t{1} << 32);
  BOOST_TEST(found(10) == 0);
  BOOST_TEST(found(3) == 30);
}

BOOST_AUTO_TEST_CASE(what_an_encoded_row_says_is_what_was_encoded) {
  BOOST_TEST(rc::check("values", [] {
    Row row;
    row.alive = *rc::gen::arbitrary<bool>();
    row.created_us = *rc::gen::arbitrary<int64_t>();
    row.kept.resize(*rc::gen::inRange<size_t>(0, 24));
    for (auto& value : row.kept) value = random_value();
    const std::string bytes = encode_row(row);
    const EncodedRow encoded(bytes);
    RC_ASSERT(encoded.created_us() == row.created_us);
    RC_ASSERT(encoded.kept(row.kept.size()) == Value());
    for (size_t i = 0; i < row.kept.size(); ++i) {
      RC_ASSERT(encoded.kept(i) == row.kept[i]);
      const Value other = random_value();
      RC_ASSERT(holds_value(bytes, i, row.kept[i]) == row.alive);
      RC_ASSERT(holds_value(bytes, i, other) == (row.alive && row.kept[i] == other));
    }
    const EncodedRow again(bytes);
    for (size_t i = row.kept.size(); i > 0; i -= std::min<size_t>(i, 3))
      RC_ASSERT(again.kept(i - 1) == row.kept[i - 1]);
  }));
}

BOOST_AUTO_TEST_CASE(a_row_that_is_patched_is_the_row_that_is_changed_and_encoded) {
  BOOST_TEST(rc::check("patches", [] {
    Row row;
    row.alive = true;
    row.kept.resize(*rc::gen::inRange<size_t>(1, 6));
    for (auto& value : row.kept) value = random_value();
    row.groups.resize(*rc::gen::inRange<size_t>(0, 3));
    for (auto& group : row.groups) group = random_digest();
    RowPatch patch(encode_row(row));

    row.version = *rc::gen::arbitrary<uint64_t>();
    row.last_position = *rc::gen::arbitrary<uint64_t>();
    patch.set_head(row.version, row.last_position);
    for (size_t times = *rc::gen::inRange(0, 4); times > 0; --times) {
      const size_t number = *rc::gen::inRange<size_t>(0, row.kept.size());
      patch.set_kept(number, row.kept[number] = random_value());
    }
    const auto group = static_cast<uint8_t>(*rc::gen::inRange(0, 5));
    const auto digest = random_digest();
    row.set_group(group, digest);
    patch.set_group(group, digest);
    RC_ASSERT(patch.bytes() == encode_row(row));
  }));
}

BOOST_AUTO_TEST_CASE(a_row_that_is_damaged_is_not_patched) {
  Row row;
  row.alive = true;
  row.kept = {int64_t{1}, std::string("text")};
  const auto bytes = encode_row(row);
  const auto is_damage = [](const events::Failure& failure) { return failure.code() == events::Exit::damaged; };
  BOOST_CHECK_EXCEPTION(RowPatch(bytes).set_kept(2, int64_t{1}), events::Failure, is_damage);
  for (size_t length = 0; length < bytes.size(); ++length)
    BOOST_CHECK_EXCEPTION(RowPatch(bytes.substr(0, length)).set_group(1, {}), events::Failure, is_damage);
  BOOST_CHECK_EXCEPTION(RowPatch("too short").set_head(1, 1), events::Failure, is_damage);
}

BOOST_AUTO_TEST_CASE(a_groups_digest_is_that_of_its_canonical_form) {
  BOOST_TEST(rc::check("digests", [] {
    capnp::MallocMessageBuilder message;
    auto ratings = message.initRoot<events::schema::Ratings>();
    if (*rc::gen::arbitrary<bool>()) ratings.setPopularity(*rc::gen::arbitrary<double>());
    if (*rc::gen::arbitrary<bool>()) ratings.setRating(*rc::gen::arbitrary<double>());
    check_digest<events::schema::Ratings>(ratings);
    auto swarm = message.initRoot<events::schema::Swarm>();
    check_digest<events::schema::Swarm>(swarm);
    swarm.setSeeds(*rc::gen::arbitrary<int64_t>());
    check_digest<events::schema::Swarm>(swarm);
    auto movie = message.initRoot<events::schema::MovieFacts>();
    movie.setTmdbId(*rc::gen::arbitrary<int64_t>());
    check_digest<events::schema::MovieFacts>(movie);
    movie.setTitle("with text");
    check_digest<events::schema::MovieFacts>(movie);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
