#include "bin/daemon/doors.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bin/roles.h"
#include "bin/service/daemon_log.h"
#include "events/bus/bus.h"
#include "events/error.h"

namespace catlog {

using events::Speech;

namespace {

constexpr std::string_view abstract_name = "ipc://@";

bool begins_with_one_of(const std::string& text, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](auto beginning) { return text.starts_with(beginning); });
}

bool needs_server_keys(const Options& options) {
  bool is_any_encrypted = options.cluster.has_peers();
  for (const auto* endpoint :
       {&options.commands_endpoint, &options.changes_endpoint, &options.replay_endpoint, &options.groups_endpoint})
    if (!endpoint->empty()) is_any_encrypted |= speech_at(*endpoint, options) == Speech::encrypted;
  return is_any_encrypted;
}

void warn_of(const std::string& endpoint, const char* what, const Options& options) {
  if (endpoint.empty() || speech_at(endpoint, options) != Speech::open) return;
  daemon_log::warn(fmt::format("at {} any account of this machine may {}; with --require-keys nobody may without a key",
                               endpoint, what));
}

events::GateOptions gate_options(const events::DataDirectory& data, const Options& options) {
  struct stat found {};
  if (::stat(data.root.c_str(), &found) != 0)
    throw events::Failure(events::Exit::failure, fmt::format("cannot look at {}", data.root.string()));
  return {options.is_keys_required ? events::KeysAsked::yes : events::KeysAsked::no,
          needs_server_keys(options) ? keys::server_keys(data).secret_key : std::string(), found.st_uid};
}

}  // namespace

Speech speech_at(const std::string& endpoint, const Options& options) {
  const auto unless_asked = options.is_keys_required ? Speech::encrypted : Speech::open;
  if (endpoint.starts_with(abstract_name)) return unless_asked;
  if (endpoint.starts_with("ipc://")) return Speech::plain;
  if (begins_with_one_of(endpoint, {"tcp://127.0.0.1:", "tcp://localhost:", "tcp://[::1]:"})) return unless_asked;
  if (endpoint.starts_with("tcp://")) return Speech::encrypted;
  throw events::Failure(events::Exit::usage, "the endpoint " + endpoint + " must be ipc:// or tcp://");
}

std::vector<std::string> warnings_of_led(const Options& options, const events::AllowList& allowed) {
  if (!options.cluster.is_on()) return {};
  std::vector<std::string> warnings;
  const auto& to = options.cluster.endpoint;
  if (begins_with_one_of(to, {"tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:"}))
    warnings.push_back(
        fmt::format("who comes to another node is led to {}, which is no address of this machine: name "
                    "one by --cluster-endpoint",
                    to));
  const Speech speech = speech_at(to, options);
  if (speech == Speech::open)
    warnings.push_back(
        fmt::format("a service that comes to another node's commands.ipc is led to {}, and is forbidden "
                    "there; with --require-keys, and a key file for each service, it is not",
                    to));
  if (speech == Speech::encrypted && !allowed.has_keys())
    warnings.push_back(
        fmt::format("who comes to another node's commands.ipc is led to {}, where nobody has a key yet: "
                    "`catlog bus-keys new NAME --role producer --into FILE`, and bus-keys/allowed/ on each node",
                    to));
  return warnings;
}

void check_endpoints(const Options& options, const events::DataDirectory& data) {
  needs_server_keys(options);
  if (options.cluster.is_on()) speech_at(options.cluster.endpoint, options);
  static_cast<void>(events::endpoint_in(data, longest_socket));
  for (const auto* endpoint :
       {&options.commands_endpoint, &options.changes_endpoint, &options.replay_endpoint, &options.groups_endpoint})
    if (const auto file = file_of_endpoint(*endpoint); file && file->native().size() > events::max_ipc_path_bytes)
      throw events::Failure(events::Exit::usage,
                            fmt::format("{} is longer than the {} bytes that a socket's path can have", file->string(),
                                        events::max_ipc_path_bytes));
}

Doors::Doors(zmq::context_t& context, const events::DataDirectory& data, const Options& options)
    : options_(options), data_(data), watch_(data), gate_(context, gate_options(data, options)) {
  warn_of(options.commands_endpoint, "send commands on behalf of any user, but none of a service's", options);
  for (const auto* endpoint : {&options.changes_endpoint, &options.replay_endpoint, &options.groups_endpoint})
    warn_of(*endpoint, "read all that the log holds", options);
  if (watch_.has_changed()) take_over();
  for (const auto& warning : warnings_of_led(options, *gate_.list())) daemon_log::warn(warning);
}

events::Door Doors::door(const std::string& endpoint, const char* what) const {
  events::Door door{{}, &gate_};
  if (endpoint.empty()) return door;
  const Speech speech = speech_at(endpoint, options_);
  door.further.push_back({endpoint, speech});
  door.on_bound = [speech, what](const std::string& bound) {
    daemon_log::info(fmt::format("{} {}{}", what, bound, speech == Speech::encrypted ? ", from peers with keys" : ""));
  };
  return door;
}

void Doors::look() try {
  if (watch_.has_changed()) take_over();
} catch (const events::Failure& failure) {
  watch_.forget();
  tell({failure.what()});
}

void Doors::take_over() {
  auto allowed = keys::read_allowed(data_);
  events::AllowList list(allowed.entries);
  if (list.size() > 0 || gate_.list()->size() > 0)
    daemon_log::info(fmt::format("{} keys and users may use the bus", list.size()));
  if (gate_.install(std::move(list)) == events::Gate::Change::somebody_lost)
    daemon_log::info("somebody is not among them any more, or in another role: encrypted connections were cut off");
  tell(std::move(allowed.faults));
}

void Doors::tell(std::vector<std::string> faults) {
  for (const auto& fault : faults)
    if (std::ranges::find(told_, fault) == told_.end()) daemon_log::warn(fault);
  told_ = std::move(faults);
}

}  // namespace catlog
