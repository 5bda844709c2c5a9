#include "bin/torrent/wishes.h"

#include <charconv>
#include <utility>

#include <simdjson.h>

#include "events/text/datetime.h"

namespace catlog::torrent {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::pair<Status, std::string_view> status_words[] = {{Status::downloading, "downloading"},
                                                                {Status::completed, "completed"},
                                                                {Status::seeding, "seeding"},
                                                                {Status::paused, "paused"},
                                                                {Status::error, "error"}};

std::optional<std::string_view> text(element in, std::string_view name) {
  std::string_view value;
  if (in[name].get(value) != simdjson::SUCCESS) return {};
  return value;
}

// Beyond 2^53 a number is text.
std::optional<int64_t> integer(element in, std::string_view name) {
  int64_t value = 0;
  if (in[name].get(value) == simdjson::SUCCESS) return value;
  const auto digits = text(in, name);
  if (!digits) return {};
  const auto [at, fault] = std::from_chars(digits->data(), digits->data() + digits->size(), value);
  if (fault != std::errc() || at != digits->data() + digits->size()) return {};
  return value;
}

std::optional<double> number(element in, std::string_view name) {
  double value = 0;
  if (in[name].get(value) != simdjson::SUCCESS) return {};
  return value;
}

// "json/storage/5/" is 5 under "json/storage/".
std::optional<int64_t> id_under(std::string_view start, std::string_view topic) {
  if (!topic.starts_with(start)) return {};
  int64_t id = 0;
  const auto digits = topic.substr(start.size());
  const auto [at, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (fault != std::errc()) return {};
  return id;
}

// An event: its name, what it says, and when it was recorded.
struct Event {
  std::string_view name;
  element says;  // null where it says nothing more
  int64_t at_us = 0;
};

std::optional<Event> event_of(simdjson::dom::parser& parser, std::string_view record) {
  element whole;
  object event;
  if (parser.parse(record.data(), record.size()).get(whole) != simdjson::SUCCESS) return {};
  if (whole["event"].get(event) != simdjson::SUCCESS || event.begin() == event.end()) return {};
  Event found{.name = (*event.begin()).key, .says = (*event.begin()).value};
  found.at_us = events::parse_rfc3339(text(whole, "recordedAt").value_or("")).value_or(0);
  return found;
}

void take_figures(Wish& wish, const Event& event) {
  if (const auto progress = number(event.says, "downloadProgress")) {
    wish.progress = *progress;
    wish.reported_us = event.at_us;
    wish.phase = text(event.says, "phase").value_or("");
    if (wish.phase != "checking") wish.is_checking = false;
  }
  if (const auto bytes = integer(event.says, "downloaded")) wish.downloaded = *bytes;
  if (const auto bytes = integer(event.says, "uploaded")) wish.uploaded = *bytes;
  if (const auto peers = integer(event.says, "peers")) wish.peers = *peers;
}

void take_status(Wish& wish, const Event& event) {
  const auto status = status_of(text(event.says, "status").value_or(""));
  if (!status) return;
  if (*status == Status::error) {
    wish.failed_us = event.at_us;
    ++wish.failures;
    const auto failure = text(event.says, "failure").value_or("");
    wish.reason = failure.substr(0, failure.find(':'));
  }
  const bool is_whole = *status == Status::completed || *status == Status::seeding;
  if (is_whole && wish.whole_us == 0) {
    wish.whole_us = event.at_us;
    wish.failures = 0;
  }
  wish.status = *status;
}

}  // namespace

std::string_view word_of(Status status) { return status_words[static_cast<size_t>(status)].second; }

std::optional<Status> status_of(std::string_view word) {
  for (const auto& [status, its_word] : status_words)
    if (its_word == word) return status;
  return {};
}

bool is_over(const Wish& wish) { return wish.status == Status::completed || wish.status == Status::seeding; }

void Wishes::take(std::string_view topic, std::string_view record) {
  const auto source = id_under("json/movie_sources/", topic), download = id_under("json/storage/", topic);
  if (!source && !download) return;
  simdjson::dom::parser parser;
  const auto event = event_of(parser, record);
  if (!event) return;
  if (source) {
    if (event->name == "movieSourceRemoved") {
      if (const auto at = hashes_.find(*source); at != hashes_.end()) {
        sources_.erase(at->second);
        hashes_.erase(at);
      }
    } else if (const auto hash = text(event->says, "infoHash")) {
      hashes_[*source] = *hash;
      sources_[std::string(*hash)] = {std::string(text(event->says, "magnetUri").value_or("")),
                                      integer(event->says, "size").value_or(0)};
    }
    return;
  }
  if (event->name == "storageRemoved" || event->name == "storageDiscarded") {
    const auto at = downloads_.find(*download);
    if (at == downloads_.end()) return;
    gone_[at->second.hash] = event->name == "storageRemoved" ? Remains::kept : Remains::removed;
    downloads_.erase(at);
    return;
  }
  Wish& wish = downloads_[*download];
  wish.id = *download;
  wish.changed_us = event->at_us;
  if (event->name != "storageTouched") ++wish.events;
  if (event->name == "storagePlaced") wish.is_placed = true;
  if (event->name == "storageTouched") wish.used_us = event->at_us;
  if (event->name == "recheckStarted") {
    wish.is_checking = true;
    wish.phase = "checking";
    ++wish.checks;
  }
  if (const auto hash = text(event->says, "infoHash")) wish.hash = *hash;
  take_status(wish, *event);
  take_figures(wish, *event);
}

const Source* Wishes::source(const std::string& hash) const {
  const auto at = sources_.find(hash);
  return at == sources_.end() ? nullptr : &at->second;
}

}  // namespace catlog::torrent
