// The C++ clients as tests/conformance drives them; tests/README.md says how.
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "events/client/client.h"
#include "events/client/group_member.h"
#include "events/client/subscriber.h"
#include "events/client/wait_for.h"
#include "events/codec/json.h"
#include "events/error.h"

using namespace catlog::events;
using std::chrono::milliseconds;

namespace {

milliseconds to_milliseconds(const std::string& text) { return milliseconds(std::stoll(text)); }
std::string given(const std::string& text) { return text == "-" ? std::string() : text; }

// produce ENDPOINT WINDOW PATIENCE_MS ASK_AGAIN_MS PACK; onward, which waits for the first receipt before it sends on
void produce(const std::vector<std::string>& arguments, bool waits_for_first) {
  bool is_first = waits_for_first;
  Client client(arguments.at(0), {.timeout = to_milliseconds(arguments.at(2)),
                                  .window = std::stoul(arguments.at(1)),
                                  .pack = std::stoul(arguments.at(4)),
                                  .ask_again = to_milliseconds(arguments.at(3))});
  for (std::string line; std::getline(std::cin, line);) {
    client.send(line, Encoding::json,
                [](auto receipt) { std::cout << write_json(receipt, Secrets::hidden) << std::endl; });
    if (std::exchange(is_first, false)) client.finish();
  }
  client.finish();
}

// chain ENDPOINT WINDOW PATIENCE_MS ASK_AGAIN_MS PACK
void chain(const std::vector<std::string>& arguments) {
  Client client(arguments.at(0), {.timeout = to_milliseconds(arguments.at(2)),
                                  .window = std::stoul(arguments.at(1)),
                                  .pack = std::stoul(arguments.at(4)),
                                  .ask_again = to_milliseconds(arguments.at(3))});
  bool is_in_callback = false;
  std::function<void()> send_next = [&] {
    std::string line;
    if (!std::getline(std::cin, line)) return;
    client.send(line, Encoding::json, [&](auto receipt) {
      if (std::exchange(is_in_callback, true)) throw std::runtime_error("a callback runs within another one");
      std::cout << write_json(receipt, Secrets::hidden) << std::endl;
      send_next();
      is_in_callback = false;
    });
  };
  for (size_t open = 1; open < std::stoul(arguments.at(1)); ++open) send_next();
  client.finish();
}

// follow CHANGES REPLAY PATIENCE_MS ASK_AGAIN_MS FROM LOG_ID LAST_COMMAND_ID TOPIC...
void follow(const std::vector<std::string>& arguments) {
  Subscriber subscriber({.changes_endpoint = arguments.at(0),
                         .replay_endpoint = arguments.at(1),
                         .topics = {arguments.begin() + 7, arguments.end()},
                         .from = std::stoull(arguments.at(4)),
                         .answer_within = to_milliseconds(arguments.at(2)),
                         .log_id = given(arguments.at(5)),
                         .last_command_id = given(arguments.at(6)),
                         .ask_again = to_milliseconds(arguments.at(3))});
  for (;;)
    if (const auto change = subscriber.next(milliseconds(1'000)))
      std::cout << change->position << ' ' << change->topic.substr(change->topic.find('/') + 1) << ' '
                << change->command_id << std::endl;
}

// wait REPLAY PATIENCE_MS ASK_AGAIN_MS POSITION WITHIN_MS LOG_ID
void wait(const std::vector<std::string>& arguments) {
  const auto position = arguments.at(3) == "latest" ? catlog::events::latest_position : std::stoull(arguments.at(3));
  const auto waited = wait_for(position, {.replay_endpoint = arguments.at(0),
                                          .log_id = given(arguments.at(5)),
                                          .within = to_milliseconds(arguments.at(4)),
                                          .answer_within = to_milliseconds(arguments.at(1)),
                                          .ask_again = to_milliseconds(arguments.at(2))});
  std::cout << (waited.is_there ? "there" : "not there") << std::endl;
}

// share GROUPS PATIENCE_MS ASK_AGAIN_MS NAME MEMBER COUNT FAILS TOPIC...
void share(const std::vector<std::string>& arguments) {
  GroupMember member({.groups_endpoint = arguments.at(0),
                      .name = arguments.at(3),
                      .topics = {arguments.begin() + 7, arguments.end()},
                      .member = arguments.at(4),
                      .answer_within = to_milliseconds(arguments.at(1)),
                      .ask_again = to_milliseconds(arguments.at(2))});
  const std::string fails = "," + arguments.at(6) + ",";
  size_t left = std::stoul(arguments.at(5));
  const bool is_endless = left == 0;
  while (is_endless || left > 0) {
    const auto change = member.next(milliseconds(1'000));
    if (!change) continue;
    std::cout << change->position << ' ' << change->topic.substr(change->topic.find('/') + 1) << ' ' << change->attempt
              << std::endl;
    if (change->attempt == 1 && fails.find("," + std::to_string(change->position) + ",") != std::string::npos)
      member.fail("as it is played", milliseconds(0));
    if (!is_endless) --left;
  }
}

// rate ENDPOINT WINDOW [A_SECOND]: as fast as they are taken, or so many a second
void rate(const std::vector<std::string>& arguments) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);) lines.push_back(line);
  const size_t a_second = arguments.size() > 2 ? std::stoul(arguments.at(2)) : 0;
  const size_t together = std::max<size_t>(a_second / 100, 1);
  size_t accepted = 0, sent = 0;
  const auto begun = std::chrono::steady_clock::now();
  Client client(arguments.at(0), {.window = std::stoul(arguments.at(1)), .pack = usual_pack});
  for (const auto& line : lines) {
    if (a_second != 0 && sent % together == 0)
      std::this_thread::sleep_until(begun + std::chrono::microseconds(1'000'000 * sent / a_second));
    ++sent;
    client.send(line, Encoding::json, [&](auto receipt) { accepted += receipt.isAccepted() ? 1 : 0; });
  }
  client.finish();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  if (accepted != lines.size()) throw std::runtime_error("not every command was accepted");
  std::cout << static_cast<double>(accepted) / seconds.count() << std::endl;
}

void run(const std::string& what, const std::vector<std::string>& arguments) {
  if (what == "share") return share(arguments);
  if (what == "rate") return rate(arguments);
  if (what == "produce" || what == "onward") return produce(arguments, what == "onward");
  if (what == "chain") return chain(arguments);
  if (what == "wait") return wait(arguments);
  follow(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + std::min(argc, 2), argv + argc);
  try {
    run(argc > 1 ? argv[1] : "", arguments);
    return 0;
  } catch (const Failure& failure) {
    std::cerr << failure.what() << '\n';
    if (failure.code() == Exit::unreachable) return 6;
    if (failure.code() == Exit::usage) return 4;
    return failure.code() == Exit::refused ? 1 : 3;
  } catch (const std::exception& wrong) {
    std::cerr << wrong.what() << '\n';
    return 2;
  }
}
