#include "events/export/asyncapi.h"

#include <fmt/format.h>

#include "events/export/json_schema.h"
#include "events/export/json_value.h"
#include "events/export/wire.h"

namespace catlog::events {
namespace {

constexpr const char* schemas_at = "#/components/schemas/";

Json reference_to(const std::string& place) { return Json::object().with("$ref", place); }

Json message_json(const WireMessage& message) {
  Json frames = Json::array();
  for (const Frame& frame : message.frames)
    frames.add(Json::object().with("name", frame.name).with("holds", frame.says));
  Json json = Json::object();
  json.with("name", message.name).with("summary", message.says).with("contentType", "application/json");
  if (!message.header.empty()) json.with("headers", reference_to(schemas_at + message.header));
  json.with("payload", reference_to(schemas_at + message.body));
  return json.with("x-zeromq-frames", std::move(frames));
}

Json channel_json(const Endpoint& endpoint) {
  Json messages = Json::object();
  for (const auto* all : {&endpoint.requests, &endpoint.messages})
    for (const WireMessage& message : *all)
      messages.with(message.name, reference_to("#/components/messages/" + message.name));
  return Json::object()
      .with("address", endpoint.file)
      .with("description", endpoint.says)
      .with("messages", std::move(messages))
      .with("x-zeromq", Json::object().with("binds", endpoint.binds).with("connects", Json::texts(endpoint.connects)));
}

Json messages_of(const Endpoint& endpoint, const std::vector<WireMessage>& from) {
  Json all = Json::array();
  for (const WireMessage& message : from)
    all.add(reference_to(fmt::format("#/channels/{}/messages/{}", endpoint.name, message.name)));
  return all;
}

// A client's: it sends requests, or takes what comes unasked.
Json operation_json(const Endpoint& endpoint) {
  const Json channel = reference_to("#/channels/" + endpoint.name);
  Json operation = Json::object();
  if (endpoint.requests.empty())
    return operation.with("action", "receive")
        .with("channel", channel)
        .with("messages", messages_of(endpoint, endpoint.messages));
  return operation.with("action", "send")
      .with("channel", channel)
      .with("messages", messages_of(endpoint, endpoint.requests))
      .with("reply",
            Json::object().with("channel", channel).with("messages", messages_of(endpoint, endpoint.messages)));
}

Json servers_json() {
  Json data = Json::object();
  data.with("description", "The daemon's data directory, as an absolute path").with("default", "/var/lib/catlog");
  Json unix = Json::object();
  unix.with("host", "{data}/run")
      .with("protocol", "zmtp")
      .with("protocolVersion", "3.0")
      .with("description", "ZeroMQ over Unix sockets: a channel's address is its file, ipc://{data}/run/commands.ipc")
      .with("variables", Json::object().with("data", std::move(data)));
  return Json::object().with("ipc", std::move(unix));
}

}  // namespace

std::string asyncapi(std::string_view version) {
  Json channels = Json::object(), operations = Json::object(), messages = Json::object(), limits_json = Json::object();
  for (const Endpoint& endpoint : endpoints()) {
    channels.with(endpoint.name, channel_json(endpoint));
    operations.with(endpoint.name, operation_json(endpoint));
    for (const auto* all : {&endpoint.requests, &endpoint.messages})
      for (const WireMessage& message : *all) messages.with(message.name, message_json(message));
  }
  for (const Limit& limit : limits())
    limits_json.with(
        limit.name,
        Json::object().with("value", Json::number(static_cast<double>(limit.value))).with("says", limit.says));
  Json document = Json::object();
  document.with("asyncapi", "3.0.0")
      .with("info",
            Json::object()
                .with("title", "catlog")
                .with("version", version)
                .with("description", "The bus of catlog, as a client sees it; events/PROTOCOL.md says the rest"))
      .with("defaultContentType", "application/json")
      .with("servers", servers_json())
      .with("channels", std::move(channels))
      .with("operations", std::move(operations))
      .with("components", Json::object().with("messages", std::move(messages)).with("schemas", schemas(schemas_at)))
      .with("x-limits", std::move(limits_json));
  return document.to_page();
}

}  // namespace catlog::events
