#include <boost/test/unit_test.hpp>

#include <string>

#include "events/bus/connections.h"
#include "events/bus/frame_counter.h"

BOOST_AUTO_TEST_SUITE(frame_counter_test)

using namespace catlog::events;

namespace {

const std::string greeting = [] {
  std::string bytes = "\xff" + std::string(8, '\0') + "\x7f\x03";
  bytes.resize(64, '\0');
  return bytes;
}();

bool take(FrameCounter& counter, const std::string& bytes) { return counter.take(std::as_bytes(std::span(bytes))); }

std::string short_frame(int flags, const std::string& body) {
  return std::string(1, static_cast<char>(flags)) + static_cast<char>(body.size()) + body;
}

// Only its beginning: what a frame of so many bytes announces.
std::string long_head(int flags, uint64_t bytes) {
  std::string head(1, static_cast<char>(flags | 2));
  for (int i = 7; i >= 0; --i) head += static_cast<char>(bytes >> 8 * i & 0xff);
  return head;
}

constexpr int last = 0, more = 1, command = 4;

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_finished_and_what_is_not_is_told_wherever_the_bytes_are_cut) {
  const std::string bytes = greeting + short_frame(command, "\x05READY") + short_frame(more, "tag") +
                            short_frame(command, "\x04PING") + short_frame(last, "body") + short_frame(more, "half");
  for (size_t part = 1; part <= bytes.size(); ++part) {
    FrameCounter counter(max_message_bytes);
    size_t finished = 0;
    for (size_t at = 0; at < bytes.size(); at += part) {
      BOOST_TEST_REQUIRE(take(counter, bytes.substr(at, part)));
      finished += counter.take_finished();
    }
    BOOST_TEST(finished == 7u + 2 * bytes_of_frame);
    BOOST_TEST(counter.unfinished() == 4u + bytes_of_frame);
  }
}

BOOST_AUTO_TEST_CASE(what_subscribes_is_counted_and_the_end_of_a_handshake_seen_wherever_the_bytes_are_cut) {
  const std::string before = greeting + short_frame(command, "\x05HELLO") + short_frame(command, "\x04PING");
  const std::string ready = short_frame(command, "\x05READY"), initiate = short_frame(command, "\x08INITIATE");
  const std::string after = short_frame(last, "\x01json/") + short_frame(command, "\x09SUBSCRIBEjson/") +
                            short_frame(command, "\x04PING") +
                            short_frame(command,
                                        "\x06"
                                        "CANCELjson/") +
                            short_frame(last, std::string("\0json/", 6));
  for (const std::string& end : {ready, initiate})
    for (size_t part = 1; part <= before.size() + end.size() + after.size(); ++part) {
      FrameCounter counter(max_message_bytes);
      const auto take_all = [&](const std::string& bytes) {
        for (size_t at = 0; at < bytes.size(); at += part) BOOST_TEST_REQUIRE(take(counter, bytes.substr(at, part)));
      };
      take_all(before);
      BOOST_TEST(!counter.is_greeted());
      take_all(end + after);
      BOOST_TEST(counter.is_greeted());
      BOOST_TEST(counter.subscriptions() == 4u);
      BOOST_TEST(counter.subscription_bytes() == 6u + 15u + 12u + 6u);
    }
}

BOOST_AUTO_TEST_CASE(a_message_beyond_a_limit_is_told_by_the_head_of_its_frame) {
  FrameCounter whole(max_message_bytes), one_more(max_message_bytes), in_parts(max_message_bytes);
  BOOST_TEST(take(whole, greeting + long_head(last, max_message_bytes)));
  BOOST_TEST(!take(one_more, greeting + long_head(last, max_message_bytes + 1)));
  BOOST_TEST(take(in_parts, greeting + short_frame(more, "x") + short_frame(command, "\x04PING")));
  BOOST_TEST(!take(in_parts, long_head(more, max_message_bytes)));

  FrameCounter many(max_message_bytes);
  BOOST_TEST(take(many, greeting));
  for (size_t i = 0; i < max_message_frames; ++i) BOOST_TEST_REQUIRE(take(many, short_frame(more, "")));
  BOOST_TEST(!take(many, short_frame(last, "")));
}

BOOST_AUTO_TEST_CASE(a_length_of_64_bits_is_no_small_one) {
  FrameCounter counter(max_message_bytes), behind(max_message_bytes);
  BOOST_TEST(!take(counter, greeting + long_head(more, UINT64_MAX)));
  BOOST_TEST(take(behind, greeting + short_frame(more, "x")));
  BOOST_TEST(!take(behind, long_head(last, UINT64_MAX)));
}

BOOST_AUTO_TEST_CASE(a_command_is_small_and_one_frame) {
  FrameCounter large(max_message_bytes), parts(max_message_bytes), small(max_subscription_bytes);
  BOOST_TEST(!take(large, greeting + long_head(command, max_zmtp_command_bytes + 1)));
  BOOST_TEST(!take(parts, greeting + short_frame(command | more, "x")));
  BOOST_TEST(!take(small, greeting + long_head(command, max_subscription_bytes + 1)));
}

BOOST_AUTO_TEST_CASE(nothing_passes_as_a_command_behind_an_encrypted_handshake) {
  const std::string handshake = greeting + short_frame(command, "\x05HELLO") + short_frame(command, "\x08INITIATE");
  for (const Speech speech : {Speech::plain, Speech::encrypted}) {
    FrameCounter counter(max_message_bytes, speech);
    BOOST_TEST(take(counter, handshake + short_frame(last, "\x07MESSAGE")));
    BOOST_TEST(take(counter, short_frame(command, "\x07MESSAGE")) == (speech == Speech::plain));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_zeromq_4_is_told_by_its_greeting) {
  std::string version_2 = greeting, no_signature = greeting;
  version_2[10] = 1;
  no_signature[9] = 0;
  for (const std::string& bytes : {version_2, no_signature, std::string("GET / HTTP/1.1\r\n"), std::string(1, '\0')}) {
    FrameCounter counter(max_message_bytes);
    BOOST_TEST(!take(counter, bytes));
  }
}

BOOST_AUTO_TEST_SUITE_END()
