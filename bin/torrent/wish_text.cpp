// A fold as a file's text, and back: one JSON object.
#include <fmt/format.h>
#include <simdjson.h>

#include "bin/torrent/wishes.h"
#include "events/text/json_text.h"

namespace catlog::torrent {

namespace {

constexpr int64_t form = 1;  // of the text

std::string json_quoted(std::string_view text) {
  std::string out;
  events::write_json_text(text, out);
  return out;
}

struct Broken {};

template <class Value>
Value value(simdjson::dom::element in, std::string_view name) {
  Value found{};
  if (in[name].get(found) != simdjson::SUCCESS) throw Broken{};
  return found;
}

std::string own_text(simdjson::dom::element in, std::string_view name) {
  return std::string(value<std::string_view>(in, name));
}

}  // namespace

class WishText {
 public:
  static std::string write(const Wishes& wishes, const Cursor& cursor) {
    std::string out = fmt::format(R"({{"form":{},"logId":{},"position":{},"commandId":{},"sources":[)", form,
                                  json_quoted(cursor.log_id), cursor.position, json_quoted(cursor.command_id));
    const char* between = "\n";
    for (const auto& [id, hash] : wishes.hashes_) {
      const auto& source = wishes.sources_.at(hash);
      out += fmt::format(R"({}{{"id":{},"hash":{},"magnet":{},"size":{}}})", between, id, json_quoted(hash),
                         json_quoted(source.magnet), source.size);
      between = ",\n";
    }
    out += R"(],"downloads":[)";
    between = "\n";
    for (const auto& [id, wish] : wishes.downloads_) {
      out += fmt::format(
          R"({}{{"id":{},"hash":{},"status":"{}","progress":{:.17g},"downloaded":{},"uploaded":{},"peers":{},"reason":{},)"
          R"("events":{},"failures":{},"reportedUs":{},"failedUs":{},"wholeUs":{},"usedUs":{},"changedUs":{},)"
          R"("phase":{},"isPlaced":{},"isChecking":{},"checks":{}}})",
          between, id, json_quoted(wish.hash), word_of(wish.status), wish.progress, wish.downloaded, wish.uploaded,
          wish.peers, json_quoted(wish.reason), wish.events, wish.failures, wish.reported_us, wish.failed_us,
          wish.whole_us, wish.used_us, wish.changed_us, json_quoted(wish.phase), wish.is_placed, wish.is_checking,
          wish.checks);
      between = ",\n";
    }
    out += R"(],"gone":[)";
    between = "\n";
    for (const auto& [hash, remains] : wishes.gone_) {
      out += fmt::format(R"({}{{"hash":{},"remains":"{}"}})", between, json_quoted(hash),
                         remains == Remains::kept ? "kept" : "removed");
      between = ",\n";
    }
    return out + "]}\n";
  }

  static Kept read(simdjson::dom::element in) {
    using simdjson::dom::array;
    if (value<int64_t>(in, "form") != form) throw Broken{};
    Kept kept;
    kept.cursor = {own_text(in, "logId"), value<uint64_t>(in, "position"), own_text(in, "commandId")};
    auto& wishes = kept.wishes;
    for (const auto one : value<array>(in, "sources")) {
      wishes.hashes_[value<int64_t>(one, "id")] = own_text(one, "hash");
      wishes.sources_[own_text(one, "hash")] = {own_text(one, "magnet"), value<int64_t>(one, "size")};
    }
    for (const auto one : value<array>(in, "downloads")) {
      const auto status = status_of(own_text(one, "status"));
      if (!status) throw Broken{};
      const int64_t id = value<int64_t>(one, "id");
      Wish& wish = wishes.downloads_[id];
      wish.id = id;
      wish.hash = own_text(one, "hash");
      wish.status = *status;
      wish.progress = value<double>(one, "progress");
      wish.downloaded = value<int64_t>(one, "downloaded");
      wish.uploaded = value<int64_t>(one, "uploaded");
      wish.peers = value<int64_t>(one, "peers");
      wish.reason = own_text(one, "reason");
      wish.phase = own_text(one, "phase");
      wish.is_placed = value<bool>(one, "isPlaced");
      wish.is_checking = value<bool>(one, "isChecking");
      wish.checks = value<uint64_t>(one, "checks");
      wish.events = value<uint64_t>(one, "events");
      wish.failures = value<uint64_t>(one, "failures");
      wish.reported_us = value<int64_t>(one, "reportedUs");
      wish.failed_us = value<int64_t>(one, "failedUs");
      wish.whole_us = value<int64_t>(one, "wholeUs");
      wish.used_us = value<int64_t>(one, "usedUs");
      wish.changed_us = value<int64_t>(one, "changedUs");
    }
    for (const auto one : value<array>(in, "gone"))
      wishes.gone_[own_text(one, "hash")] = own_text(one, "remains") == "kept" ? Remains::kept : Remains::removed;
    return kept;
  }
};

std::string text_of(const Wishes& wishes, const Cursor& cursor) { return WishText::write(wishes, cursor); }

std::optional<Kept> read_kept(std::string_view text) try {
  simdjson::dom::parser parser;
  simdjson::dom::element whole;
  if (parser.parse(text.data(), text.size()).get(whole) != simdjson::SUCCESS) return {};
  return WishText::read(whole);
} catch (const Broken&) {
  return {};
}

}  // namespace catlog::torrent
