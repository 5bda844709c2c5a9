#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(identity_test)

// What is one thing in several spellings is one command and one row.

using namespace catlog;
using namespace catlog::tests;
using events::Receipt;

namespace {

bool equal(const Receipt& left, const Receipt& right) {
  return events::encode(left, events::Encoding::json) == events::encode(right, events::Encoding::json);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(an_id_is_the_same_in_capitals, WriteSide) {
  const std::string lower = "01936b2e-8c00-7000-8000-0000000000cf", upper = "01936B2E-8C00-7000-8000-0000000000CF";
  const auto with = [](const std::string& id, const std::string& correlation) {
    return in_envelope(fmt::format(R"("id":"{}","correlationId":"{}")", id, correlation),
                       list_fields("By id").as("createMediaList"));
  };
  const auto first = send(with(upper, upper));
  BOOST_TEST(outcome(first) == "accepted");
  BOOST_TEST(first.id == lower);
  BOOST_TEST(equal(send(with(lower, lower)), first));
  BOOST_TEST(equal(send(with("01936b2e-8C00-7000-8000-0000000000Cf", upper)), first));
  for (auto encoding : {events::Encoding::json, events::Encoding::capnp}) {
    auto command = events::read_command(with(upper, upper), events::Encoding::json);
    BOOST_REQUIRE(command);
    auto root = command->root<events::schema::Command>();
    capnp::MallocMessageBuilder message;
    message.setRoot(root);
    message.getRoot<events::schema::Command>().setId(upper);
    auto again =
        events::read_command(events::encode(message.getRoot<events::schema::Command>().asReader(), encoding), encoding);
    BOOST_REQUIRE(again);
    BOOST_TEST(equal(send(*again), first));
  }
  const auto correlation_of = [&](const Receipt& receipt) {
    const auto snapshot = log().snapshot();
    events::RecordView record(snapshot.read(receipt.effect.first));
    return std::string(record.root().getCorrelationId().cStr());
  };
  BOOST_TEST(correlation_of(first) == lower);
  BOOST_TEST(outcome(send(R"({"removeMediaList":{"mediaList":{"createdBy":")" + upper + "\"}}}")) == "accepted");
  // In a batch it is one id as well; any other text stays as it is.
  check_refused(*this, {{batch_of({with(upper.substr(0, 35) + "E", "x"), with(lower.substr(0, 35) + "e", "x")}),
                         "commandIdReused batch.commands[1].id"}});
  BOOST_TEST(correlation_of(send(with("01936b2e-8c00-7000-8000-0000000000dd", "Nightly-ABC"))) == "Nightly-ABC");
}

BOOST_AUTO_TEST_SUITE_END()
