#include "events/schema/record.h"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>

#include <cstring>

#include <capnp/any.h>
#include <capnp/message.h>

#include "events/codec/message.h"
#include "events/schema/model.h"
#include "tests/support/random_values.h"

BOOST_AUTO_TEST_SUITE(codec_test)

using namespace catlog;
using namespace catlog::tests;
using events::Encoding;
using events::Secrets;

namespace {

constexpr int values_per_type = 200;

std::string canonical(capnp::DynamicStruct::Reader value) {
  auto words = capnp::AnyStruct::Reader(value).canonicalize();
  auto bytes = words.asBytes();
  return {bytes.begin(), bytes.end()};
}

// decode(encode(x)) = x for a command, in both encodings, and both have one digest.
void check_command(events::schema::Command::Builder command) {
  auto reader = command.asReader();
  auto json = events::encode(reader, Encoding::json, Secrets::shown);
  auto binary = events::encode(reader, Encoding::capnp, Secrets::shown);
  auto from_json = events::read_command(json, Encoding::json);
  auto from_binary = events::read_command(binary, Encoding::capnp);
  if (!from_json) RC_FAIL(from_json.error().field + ": " + from_json.error().message + " in " + json);
  if (!from_binary) RC_FAIL(from_binary.error().field + ": " + from_binary.error().message + " in " + json);
  RC_ASSERT(from_json->digest() == from_binary->digest());
  RC_ASSERT(from_json->digest() == events::sha256(canonical(reader)));
  auto again = from_json->root<events::schema::Command>();
  RC_ASSERT(canonical(again) == canonical(from_binary->root<events::schema::Command>()));
  RC_ASSERT(canonical(again) == canonical(reader));
  RC_ASSERT(events::encode(again, Encoding::json, Secrets::shown) == json);
}

void check_record(events::schema::Record::Builder record) {
  auto reader = record.asReader();
  auto json = events::encode(reader, Encoding::json, Secrets::shown);
  capnp::MallocMessageBuilder message;
  auto into = message.initRoot<events::schema::Record>();
  auto read = events::read_json(json, into, events::Fields::all);
  if (!read) RC_FAIL(read.error().field + ": " + read.error().message + " in " + json);
  RC_ASSERT(canonical(into.asReader()) == canonical(reader));

  auto binary = events::encode(reader, Encoding::capnp, Secrets::shown);
  auto words = kj::heapArray<capnp::word>(binary.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), binary.data(), binary.size());
  events::RecordView view(std::as_bytes(std::span(words.begin(), words.size())));
  RC_ASSERT(canonical(view.root()) == canonical(reader));

  for (auto encoding : {Encoding::json, Encoding::capnp})
    RC_ASSERT(events::encode(reader, encoding, Secrets::hidden).find(RandomValues::secret_start) == std::string::npos);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_command_comes_back_as_it_was) {
  BOOST_TEST(rc::check("decode(encode(command)) = command", [] {
    RandomValues values(*rc::gen::arbitrary<uint64_t>());
    for (const auto& type : events::model().commands()) {
      capnp::MallocMessageBuilder message;
      auto command = message.initRoot<capnp::DynamicStruct>(capnp::Schema::from<events::schema::Command>());
      command.set("id", "01936b2e-8c00-7000-8000-000000000001");
      if (type.field.getType().isStruct())
        values.fill(command.init(type.field).as<capnp::DynamicStruct>(), Filling::command, 1);
      check_command(command.as<events::schema::Command>());
    }
  }));
}

BOOST_AUTO_TEST_CASE(whole_messages_come_back_as_they_were) {
  BOOST_TEST(rc::check("decode(encode(message)) = message", [] {
    RandomValues values(*rc::gen::arbitrary<uint64_t>());
    for (int i = 0; i < values_per_type / 10; ++i) {
      capnp::MallocMessageBuilder message;
      auto command = message.initRoot<events::schema::Command>();
      values.fill(command, Filling::command);
      check_command(command);
    }
  }));
}

BOOST_AUTO_TEST_CASE(every_event_comes_back_as_it_was_and_hides_its_secrets) {
  BOOST_TEST(rc::check("decode(encode(event)) = event", [] {
    RandomValues values(*rc::gen::arbitrary<uint64_t>());
    for (const auto& type : events::model().events()) {
      capnp::MallocMessageBuilder message;
      auto record = message.initRoot<events::schema::Record>();
      auto header = capnp::DynamicStruct::Builder(record);
      for (auto field : header.getSchema().getFields())
        if (field.getProto().getName() != "event" && values.below(4) > 0)
          values.fill_field(field, header, Filling::record);
      auto event = capnp::DynamicStruct::Builder(record.getEvent());
      if (type.field.getType().isStruct())
        values.fill(event.init(type.field).as<capnp::DynamicStruct>(), Filling::record, 1);
      else
        event.set(type.field, capnp::VOID);
      check_record(record);
    }
  }));
}

BOOST_AUTO_TEST_CASE(commands_hide_their_secrets) {
  BOOST_TEST(rc::check("a hidden secret leaves no trace", [] {
    RandomValues values(*rc::gen::arbitrary<uint64_t>());
    for (int i = 0; i < values_per_type; ++i) {
      capnp::MallocMessageBuilder message;
      auto command = message.initRoot<events::schema::Command>();
      values.fill(command, Filling::command);
      for (auto encoding : {Encoding::json, Encoding::capnp})
        RC_ASSERT(events::encode(command.asReader(), encoding).find(RandomValues::secret_start) == std::string::npos);
    }
  }));
}

BOOST_AUTO_TEST_CASE(any_bytes_are_refused_or_read) {
  BOOST_TEST(rc::check("any bytes", [] {
    RandomValues values(*rc::gen::arbitrary<uint64_t>());
    for (int i = 0; i < values_per_type; ++i)
      for (auto encoding : {Encoding::json, Encoding::capnp}) {
        auto read = events::read_command(values.bytes(300), encoding);
        if (read)
          canonical(read->root<events::schema::Command>());
        else
          RC_ASSERT(!read.error().message.empty());
      }
  }));
}

BOOST_AUTO_TEST_CASE(commands_with_flipped_bytes_are_refused_or_read) {
  BOOST_TEST(rc::check("flipped bytes", [] {
    RandomValues values(*rc::gen::arbitrary<uint64_t>());
    capnp::MallocMessageBuilder message;
    auto command = message.initRoot<events::schema::Command>();
    values.fill(command, Filling::command);
    for (auto encoding : {Encoding::json, Encoding::capnp})
      for (int i = 0; i < values_per_type / 4; ++i) {
        auto body = events::encode(command.asReader(), encoding, Secrets::shown);
        for (auto flips = 1 + values.below(4); flips > 0; --flips)
          body[values.below(body.size())] ^= static_cast<char>(1 << values.below(8));
        auto read = events::read_command(body, encoding);
        if (!read) continue;
        // What was read can be written, and read again as the same.
        auto root = read->root<events::schema::Command>();
        auto again = events::read_command(events::encode(root, Encoding::capnp, Secrets::shown), Encoding::capnp);
        RC_ASSERT(again.has_value());
        RC_ASSERT(again->digest() == read->digest());
        events::encode(root, Encoding::json, Secrets::shown);
      }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
