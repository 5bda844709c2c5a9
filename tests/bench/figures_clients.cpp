// What each client makes of a producer that sends on without waiting; the one in C++ is the others' raw limit.
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/support/run.h"

namespace catlog::bench {
namespace {

constexpr size_t window = 256;  // the clients' own, unless told otherwise
constexpr std::chrono::minutes longest{5};
const std::string python = CATLOG_SOURCE "/tests/conformance/driver.py";

// A client's driver sends all lines, and says how many a second were answered.
double rate_of(std::vector<std::string> driver, const std::string& endpoint, const Bodies& bodies) {
  driver.insert(driver.end(), {"rate", endpoint, std::to_string(window)});
  const auto ran = tests::run(driver, fmt::format("{}\n", fmt::join(bodies, "\n")), longest);
  if (ran.exit_code != 0)
    throw events::Failure(events::Exit::failure,
                          fmt::format("{} ended with {}: {}", fmt::join(driver, " "), ran.exit_code, ran.err));
  return std::stod(ran.out);
}

}  // namespace

void Figures::clients() {
  const std::filesystem::path bin = program_.parent_path(), typescript = bin.parent_path() / "typescript";
  std::vector<std::pair<const char*, std::vector<std::string>>> drivers{
      {"Python", {"/usr/bin/python3", python}}, {"Python, asyncio", {"/usr/bin/python3", python, "--async"}}};
  if (const auto built = typescript / "build/test/driver.js"; std::filesystem::exists(built))
    drivers.push_back({"TypeScript", {"/usr/bin/env", "node", built}});
  else
    fmt::print(stderr, "   without TypeScript's client, which tests/system/typescript_client.py builds\n");

  ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);  // nothing into the sources
  const std::string endpoint = free_endpoint("127.0.0.1");
  ::setenv(commands_endpoint_variable, endpoint.c_str(), 1);
  Daemon daemon(program_, scratch_ / "data-clients", scratch_ / "catlogd-clients.log");
  ::unsetenv(commands_endpoint_variable);
  send_all(daemon.endpoint(), one_client, Workload::first_user(), Encoding::json, interrupt_);
  const auto bodies = [&] { return Workload::of_first_user(workload_.titles(Encoding::json, counts_.titles)); };
  const auto named = [&](const char* client) {
    return fmt::format("a client, new titles, JSON over tcp, {} at a time: {}, commands/s", window, client);
  };
  const double raw = send_all(endpoint, {1, window}, bodies(), Encoding::json, interrupt_).per_second();
  const double cpp = rate_of({bin / "conformance-driver"}, endpoint, bodies());
  table_.add({named("C++"), "a bare DEALER, same load"}, cpp, raw);
  for (const auto& [client, driver] : drivers)
    table_.add({named(client), "the client in C++"}, rate_of(driver, endpoint, bodies()), cpp);
  daemon.stop();
  std::filesystem::remove_all(scratch_ / "data-clients");
}

}  // namespace catlog::bench
