#pragma once
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

#include <simdjson.h>

#include "tests/support/data_directory.h"

// What a log must be after anything that happened to the daemon that wrote it.
namespace catlog::tests {

struct LoggedEvent {
  std::string command_id, batch_id;  // JSON text; the batch's empty when there was none
  size_t index = 0, count = 0;
};

// All events, as the replay socket gives them; checks that their positions are 1, 2, 3, ..
inline std::vector<LoggedEvent> read_log(const DataDirectory& data) {
  std::vector<LoggedEvent> log;
  const std::string head = std::to_string(data.head());
  for (const Row& change : read_lines(data.out_of({"tail", "--from", "1", "--count", head}))) {
    BOOST_TEST(change.at("position") == std::to_string(log.size() + 1));
    const Row record = read_row(change.at("payload"));
    log.push_back({change.at("commandId"), record.contains("batch") ? read_row(record.at("batch")).at("id") : "",
                   std::stoull(record.at("index")), std::stoull(record.at("count"))});
  }
  BOOST_TEST(std::to_string(log.size()) == head);
  return log;
}

// Checks that each command, and each batch, was committed once and whole.
inline void check_nothing_doubled(const std::vector<LoggedEvent>& log) {
  std::set<std::string> commands, messages;
  for (size_t i = 0; i < log.size(); ++i) {
    const bool begins = log[i].index == 0;
    BOOST_TEST_REQUIRE((begins || (log[i].index == log[i - 1].index + 1 && log[i].count == log[i - 1].count)));
    BOOST_TEST_REQUIRE((!begins || i == 0 || log[i - 1].index + 1 == log[i - 1].count));
    const std::string& message = log[i].batch_id.empty() ? log[i].command_id : log[i].batch_id;
    if (begins) BOOST_TEST(messages.insert(message).second, message << " has two effects");
    if (begins || log[i].command_id != log[i - 1].command_id)
      BOOST_TEST(commands.insert(log[i].command_id).second, log[i].command_id << " has two effects");
  }
  if (!log.empty()) BOOST_TEST(log.back().index + 1 == log.back().count);
}

// Checks that what a receipt says was accepted is in the log.
inline void check_receipt(const Row& receipt, const std::vector<LoggedEvent>& log) {
  if (receipt.contains("receipts")) {
    simdjson::dom::parser parser;
    for (auto inner : parser.parse(receipt.at("receipts")).get_array())
      check_receipt(read_row(simdjson::minify(inner)), log);
    return;
  }
  if (!receipt.contains("accepted")) return;
  const Row accepted = read_row(receipt.at("accepted"));
  const size_t first = std::stoull(accepted.at("firstPosition")), last = std::stoull(accepted.at("lastPosition"));
  BOOST_TEST_REQUIRE(last <= log.size());
  for (size_t position = first; position <= last; ++position)
    BOOST_TEST(log[position - 1].command_id == receipt.at("id"));
}

}  // namespace catlog::tests
