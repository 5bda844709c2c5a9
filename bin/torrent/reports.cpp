#include "bin/torrent/reports.h"

#include <fmt/format.h>

#include "bin/version.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "events/text/printable.h"

namespace catlog::torrent {

namespace {

constexpr size_t max_reason_bytes = 1'024;

std::string as_json(std::string_view text) {
  std::string out;
  events::write_json_text(text, out);
  return out;
}

std::string figures_of(const Report& report) {
  std::string content =
      fmt::format(R"("downloadProgress":{},"uploadProgress":{},"peers":{},"downloaded":{},"uploaded":{})",
                  report.progress, report.upload_progress, report.peers, report.downloaded, report.uploaded);
  if (report.status) content += fmt::format(R"(,"status":"{}")", word_of(*report.status));
  if (!report.phase.empty()) content += fmt::format(R"(,"phase":"{}")", report.phase);
  if (report.is_placed)
    content +=
        fmt::format(R"(,"readable":{},"directory":{},"mainFile":{},"mainFileSize":{},"totalSize":{})", report.readable,
                    as_json(report.directory), as_json(report.main_file), report.main_size, report.size);
  return content;
}

// The kind's word first, by which the bridge knows it again.
std::string reason_of(const Report& report) {
  if (!report.fault) return {};
  std::string words = events::printable(fmt::format("{}: {}", word_of(report.fault->kind), report.fault->words));
  if (words.size() > max_reason_bytes) {
    size_t end = max_reason_bytes;
    while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0) == 0x80) --end;  // within a character
    words.resize(end);
  }
  return R"(,"reason":)" + as_json(words);
}

std::string content_of(const Report& report) {
  const std::string storage = fmt::format(R"("storage":{{"id":{}}})", report.storage);
  switch (report.what) {
    case Report::What::failure:
      return fmt::format(R"("failDownload":{{{}{}}})", storage, reason_of(report));
    case Report::What::resumption:
      return fmt::format(R"("resumeDownload":{{{}}})", storage);
    case Report::What::recheck:
      return fmt::format(R"("recheckDownload":{{{}}})", storage);
    case Report::What::eviction:
      return fmt::format(R"("removeStorage":{{{},"withData":true}})", storage);
    case Report::What::figures:
      break;
  }
  return fmt::format(R"("reportTransfer":{{{},{}}})", storage, figures_of(report));
}

std::string command(const std::string& id, const std::string& content) {
  return fmt::format(R"({{"id":"{}","actor":{{"userAgent":"catlog-torrent {}"}},{}}})", id, version, content);
}

}  // namespace

std::string command_of(const Report& report, const std::string& id) { return command(id, content_of(report)); }

std::string touch_of(const std::string& hash, const std::string& id) {
  return command(id, fmt::format(R"("touchStorage":{{"storage":{{"infoHash":"{}"}}}})", hash));
}

std::string command_of(const scrape::Observation& seen, int64_t now_us, const std::string& id) {
  // The time of seeing never goes back: by the earliest one it stays what it is.
  const auto when = events::to_rfc3339(seen.swarm.is_empty() ? 0 : now_us);
  return command(id,
                 fmt::format(R"("observeSwarm":{{"source":{{"infoHash":"{}"}},"seeds":{},"peers":{},"lastSeen":"{}"}})",
                             seen.hash, seen.swarm.seeds, seen.swarm.peers, when));
}

}  // namespace catlog::torrent
